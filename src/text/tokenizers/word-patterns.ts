/** Where words end, as patterns of tokenizer.json: those of Llama 3, of Qwen 2, and GPT-2's with each digit by itself. */
export const cl100kPattern =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"
export const qwen2Pattern = cl100kPattern.replace('\\p{N}{1,3}', '\\p{N}')
export const digitsPattern = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+"
