// transformers.js: its own generation, with a GPT-2 in the form that it loads, which Gradus writes.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { concat, ones, zeros } from 'gradus'
import { writeOnnx } from 'gradus/io'
import { Gpt } from 'gradus/models'
import { promptOf } from '../gpt2-generate.mjs'
import { initialize } from '../training.mjs'
import { importPeer, versionOf } from './resolve.mjs'

const { env, GPT2LMHeadModel, Tensor } = await importPeer('@huggingface/transformers')

/** Attention to the past and to what has come in up to each position, as exported decoders compute it. */
const attend = (attn, x, positions, past, numHeads) => {
  const [B, T, C] = x.shape
  const heads = t => t.reshape([B, T, numHeads, C / numHeads]).transpose([0, 2, 1, 3])
  const [q, k, v] = attn.c_attn.forward(x).split(3, 2).map(heads)
  const [key, value] = [concat([past.key, k], 2), concat([past.value, v], 2)]
  const places = ones([key.shape[2]], 'int64').cumsum(0).sub(1)
  const hidden = places
    .greater(positions.reshape([B, 1, T, 1]))
    .to('float32')
    .mul(-1e9)
  const weights = q
    .mul(1 / Math.sqrt(C / numHeads))
    .matmul(key.transpose())
    .add(hidden)
    .softmax()
  const y = weights.matmul(value).transpose([0, 2, 1, 3]).reshape([B, T, C])
  return { y: attn.c_proj.forward(y), key, value }
}

/** GPT-2 with the inputs and outputs of decoders that Hugging Face's exporter writes. */
const decoderOf = model => (input_ids, position_ids, past_key_values) => {
  const { wte, wpe, h, ln_f } = model.transformer
  let x = wte.forward(input_ids).add(wpe.forward(position_ids))
  const present = []
  for (const [i, block] of h.entries()) {
    const { y, key, value } = attend(
      block.attn,
      block.ln_1.forward(x),
      position_ids,
      past_key_values[i],
      model.config.numHeads,
    )
    x = x.add(y)
    x = x.add(block.mlp.forward(block.ln_2.forward(x)))
    present.push({ key, value })
  }
  return { logits: ln_f.forward(x).matmul(wte.weight.value.transpose()), present }
}

const writeModel = async (folder, model) => {
  const { numLayers, numHeads, embedDim } = model.config
  const past = () => zeros([1, numHeads, 5, embedDim / numHeads])
  const ids = () => zeros([1, 3], 'int64')
  const inputs = {
    input_ids: ids(),
    position_ids: ids(),
    past_key_values: Array.from({ length: numLayers }, () => ({ key: past(), value: past() })),
  }
  const pasts = Array.from({ length: numLayers }, (_, i) =>
    ['key', 'value'].map(part => `past_key_values.${i}.${part}`),
  )
  const dynamicAxes = {
    input_ids: { 1: 'new' },
    position_ids: { 1: 'new' },
    ...Object.fromEntries(pasts.flat().map(name => [name, { 2: 'past' }])),
  }
  await mkdir(join(folder, 'gpt2', 'onnx'), { recursive: true })
  await writeFile(join(folder, 'gpt2', 'config.json'), JSON.stringify(model.toJSON()))
  await writeOnnx(join(folder, 'gpt2', 'onnx', 'model.onnx'), decoderOf(model), inputs, { dynamicAxes })
}

const load = async model => {
  const folder = await mkdtemp(join(tmpdir(), 'gradus-bench-'))
  try {
    await writeModel(folder, model)
    env.allowRemoteModels = false
    env.localModelPath = folder
    return await GPT2LMHeadModel.from_pretrained('gpt2', { dtype: 'fp32', device: 'cpu' })
  } finally {
    await rm(folder, { recursive: true })
  }
}

const generate = async ({ prompt, ...config }) => {
  const own = new Gpt({ ...config, dropout: 0 })
  initialize(own, 0.035)
  own.eval()
  const model = await load(own)
  const ids = BigInt64Array.from(promptOf({ prompt, ...config }), BigInt)
  const inputs = new Tensor('int64', ids, [1, prompt])
  return {
    versions: { 'transformers.js': versionOf('@huggingface/transformers') },
    parameters: own.parameterCount(),
    /** Times between tokens; the first of all is that of the prompt, and no step. */
    turn: async steps => {
      const stamps = []
      const tokens = []
      const streamer = {
        put: ([given]) => {
          if (given.length > 1) return // the prompt
          stamps.push(performance.now())
          tokens.push(Number(given[0]))
        },
        end: () => {},
      }
      await model.generate({ inputs, max_new_tokens: steps + 1, do_sample: false, streamer })
      return { ms: stamps.slice(1).map((t, i) => t - stamps[i]), values: tokens.slice(1) }
    },
  }
}
export { generate as 'gpt2-generate' }
