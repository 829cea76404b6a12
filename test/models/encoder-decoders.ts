import { fromArray, type Shape, type Tensor } from '../../src/index.ts'
import { Seq2Seq, type Seq2SeqConfig, Transformer } from '../../src/models/index.ts'
import { specialIds } from '../../src/text/index.ts'

type Ids = Tensor<Shape, 'int32'>

/** Rows of ids, padded to one length. */
export const rows = (lists: readonly (readonly number[])[], size = Math.max(...lists.map(l => l.length))): Ids =>
  fromArray(
    Int32Array.from(lists.flatMap(list => [...list, ...new Array<number>(size - list.length).fill(specialIds.pad)])),
    [lists.length, size],
    'int32',
  ) as Ids
export const lengthsOf = (lists: readonly (readonly number[])[]): Ids =>
  fromArray(
    Int32Array.from(lists, l => l.length),
    [lists.length],
    'int32',
  ) as Ids

const vocabularies = { sourceVocabSize: 9, targetVocabSize: 8 }
export const smallSeq2Seq = (more: Partial<Seq2SeqConfig> = {}): Seq2Seq =>
  new Seq2Seq({ ...vocabularies, embedDim: 6, hiddenSize: 8, ...more })
export const smallTransformer = (more: Partial<ConstructorParameters<typeof Transformer>[0]> = {}): Transformer =>
  new Transformer({ ...vocabularies, embedDim: 8, numHeads: 2, numLayers: 2, dropout: 0, ...more })

/** Every kind of encoder-decoder, small. */
export const everyModel: readonly (readonly [string, () => Seq2Seq | Transformer])[] = [
  ['gru with additive attention', () => smallSeq2Seq({ cell: 'gru' })],
  ['lstm of two layers with general attention', () => smallSeq2Seq({ attention: 'general', numLayers: 2 })],
  ['lstm of one direction with dot attention', () => smallSeq2Seq({ attention: 'dot', bidirectional: false })],
  ['gru without attention', () => smallSeq2Seq({ cell: 'gru', attention: 'none' })],
  ['transformer', () => smallTransformer()],
  [
    'transformer of pre-norm layers with a head of its own',
    () => smallTransformer({ normFirst: true, tiedHead: false }),
  ],
]
