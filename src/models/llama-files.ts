import { readFile } from '#files'
import { type DataError, ModelError } from '../core/errors.ts'
import { fileCause } from '../io/atomic.ts'
import { type Gguf, type GgufValue, readGguf } from '../io/gguf.ts'
import { quote } from '../io/json.ts'
import { decodeLlama2c } from '../io/llama2c.ts'
import type { StoredTensor } from '../io/safetensors.ts'
import { shapesOnly, type WeightStorage } from '../nn/parameter.ts'
import { mostLayers } from './json-config.ts'
import { Llama, type LlamaConfig } from './llama.ts'

const build = (path: string, config: LlamaConfig, tensors: Map<string, StoredTensor>, dtype: WeightStorage): Llama => {
  try {
    const model = shapesOnly(() => new Llama(config))
    model.loadState(tensors, { from: path })
    return model.to(dtype).eval()
  } catch (error) {
    if (error instanceof ModelError) throw error
    throw new ModelError(`${path}: ${(error as Error).message}`, { path }, error)
  }
}

/** The model of a llama2.c checkpoint (`stories260K.bin`). @throws ModelError where the file is none */
export const loadLlama2c = async (path: string, dtype: WeightStorage = 'float32'): Promise<Llama> => {
  const bytes = await readFile(path).catch(error => {
    const { cause, remedy } = fileCause(error)
    throw new ModelError(`${path}: could not be read: ${cause}. ${remedy}`, { path }, error)
  })
  const { sizes, tensors } = asModel(() => decodeLlama2c(bytes, path))
  // 1 begins a text; generation of llama2.c ends where another begins.
  return build(path, { ...sizes, rmsEpsilon: 1e-5, bosTokenId: 1, eosTokenId: [1, 2] }, tensors, dtype)
}

const asModel = <T>(read: () => T): T => {
  try {
    return read()
  } catch (error) {
    throw new ModelError((error as Error).message, {}, error)
  }
}

/** Names of a block's tensors: GGUF's, and Hugging Face's. */
const blockNames: Readonly<Record<string, string>> = {
  attn_norm: 'input_layernorm',
  attn_q: 'self_attn.q_proj',
  attn_k: 'self_attn.k_proj',
  attn_v: 'self_attn.v_proj',
  attn_output: 'self_attn.o_proj',
  ffn_norm: 'post_attention_layernorm',
  ffn_gate: 'mlp.gate_proj',
  ffn_up: 'mlp.up_proj',
  ffn_down: 'mlp.down_proj',
}
const otherNames: Readonly<Record<string, string>> = {
  token_embd: 'model.embed_tokens',
  output_norm: 'model.norm',
  output: 'lm_head',
}

/** Hugging Face's name of a tensor; null for what follows from the configuration. */
const nameOf = (name: string, path: string): string | null => {
  if (name === 'rope_freqs.weight') return null
  const [, layer, part, kind] = /^blk\.(\d+)\.(\w+)\.(weight|bias)$/.exec(name) ?? []
  if (part !== undefined && blockNames[part]) return `model.layers.${layer}.${blockNames[part]}.${kind}`
  const [, other] = /^(\w+)\.weight$/.exec(name) ?? []
  if (other !== undefined && otherNames[other]) return `${otherNames[other]}.weight`
  throw new ModelError(
    `${path}: tensor ${quote(name)} belongs to no Llama. Only models of its kind can be loaded here.`,
  )
}

/** Rows of queries and keys as Hugging Face has them: GGUF pairs neighbours of a head for llama. */
const halved = (tensor: StoredTensor, heads: number): StoredTensor => {
  const { dtype, shape, data } = tensor
  const rows = shape[0]!
  // Of another size than the configuration says: the model will refuse it by its name.
  if (rows % (2 * heads) !== 0) return tensor
  const width = data.length / rows
  const headDim = rows / heads
  const out = new Float32Array(data.length)
  for (let row = 0; row < rows; row++) {
    const [head, i] = [Math.floor(row / headDim), row % headDim]
    const to = head * headDim + (i % 2) * (headDim / 2) + (i >> 1)
    out.set((data as Float32Array).subarray(row * width, (row + 1) * width), to * width)
  }
  return { dtype, shape, data: out }
}

/** The configuration that a GGUF file's metadata describes. @throws ModelError where it is no Llama's */
const configOf = ({ metadata, tensors }: Gguf, path: string): LlamaConfig => {
  const architecture = metadata.get('general.architecture')
  if (architecture !== 'llama' && architecture !== 'qwen2')
    throw new ModelError(
      `${path}: general.architecture is ${quote(architecture)}. Only "llama" (Mistral among them) and "qwen2" can be loaded here.`,
    )
  const number = (key: string, fallback?: number): number => {
    const value: GgufValue | undefined = metadata.get(`${architecture}.${key}`) ?? fallback
    if (typeof value === 'number' && Number.isFinite(value) && value > 0) return value
    throw new ModelError(`${path}: ${architecture}.${key} is ${quote(value)}. Expected a number above 0.`)
  }
  const embedDim = number('embedding_length')
  const layers = number('block_count')
  if (layers > mostLayers)
    throw new ModelError(`${path}: ${architecture}.block_count is ${layers}. Expected at most ${mostLayers}.`)
  const numHeads = number('attention.head_count')
  const vocabulary = tensors.get('token_embd.weight')
  if (!vocabulary) throw new ModelError(`${path}: has no token_embd.weight. Download the file again.`)
  const window = metadata.get(`${architecture}.attention.sliding_window`)
  const id = (key: string): number | undefined => {
    const value = metadata.get(`tokenizer.ggml.${key}`)
    return typeof value === 'number' ? value : undefined
  }
  const [bos, eos] = [id('bos_token_id'), id('eos_token_id')]
  const headDim = metadata.get(`${architecture}.attention.key_length`)
  return {
    vocabSize: vocabulary.shape[0]!,
    contextLength: number('context_length'),
    numLayers: layers,
    numHeads,
    numKeyHeads: number('attention.head_count_kv', numHeads),
    embedDim,
    hiddenDim: number('feed_forward_length'),
    ropeTheta: number('rope.freq_base', 10_000),
    rmsEpsilon: number('attention.layer_norm_rms_epsilon', 1e-5),
    tieWeights: !tensors.has('output.weight'),
    attentionBias: tensors.has('blk.0.attn_q.bias'),
    outputBias: tensors.has('blk.0.attn_output.bias'),
    modelType: architecture === 'qwen2' ? 'qwen2' : 'llama',
    ...(typeof headDim === 'number' && { headDim }),
    ...(typeof window === 'number' && { slidingWindow: window }),
    ...(bos !== undefined && { bosTokenId: bos }),
    ...(eos !== undefined && { eosTokenId: eos }),
  }
}

/** The model of a GGUF file and the file's metadata, which has its tokenizer. @throws ModelError where it is no Llama */
export const loadGgufLlama = async (
  path: string,
  dtype: WeightStorage = 'float32',
): Promise<{ readonly model: Llama; readonly metadata: Gguf['metadata'] }> => {
  const file = await readGguf(path).catch(error => {
    throw new ModelError((error as Error).message, (error as DataError).details ?? {}, error)
  })
  const config = configOf(file, path)
  const pairs = config.modelType === 'llama'
  const tensors = new Map<string, StoredTensor>()
  for (const [name, tensor] of file.tensors) {
    const own = nameOf(name, path)
    if (own === null) continue
    const heads = /\.q_proj\./.test(own) ? config.numHeads : /\.k_proj\./.test(own) ? config.numKeyHeads! : 0
    tensors.set(own, pairs && heads > 0 ? halved(tensor, heads) : tensor)
  }
  return { model: build(path, config, tensors, dtype), metadata: file.metadata }
}
