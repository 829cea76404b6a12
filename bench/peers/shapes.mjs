/** Names and shapes of GPT-2's parameters, in the order of the other sides. */
export const gptShapes = ({ vocabSize, contextLength, numLayers, embedDim: C }) => {
  const affine = (name, from, to) => ({ [`${name}.weight`]: [from, to], [`${name}.bias`]: [to] })
  const norm = name => ({ [`${name}.weight`]: [C], [`${name}.bias`]: [C] })
  const block = (_, i) => ({
    ...norm(`${i}.ln_1`),
    ...affine(`${i}.attn`, C, 3 * C),
    ...affine(`${i}.proj`, C, C),
    ...norm(`${i}.ln_2`),
    ...affine(`${i}.fc`, C, 4 * C),
    ...affine(`${i}.fc_proj`, 4 * C, C),
  })
  const blocks = Array.from({ length: numLayers }, block)
  return Object.assign({ wte: [vocabSize, C], wpe: [contextLength, C] }, ...blocks, norm('ln_f'))
}
