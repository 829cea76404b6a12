import { shortFloat } from './vector-files.ts'
import type { Embeddings } from './embeddings.ts'

/**
 * Vectors and words as the two files that the embedding projector of TensorBoard loads: numbers between tabs, and a column of
 * words, with a header and a second column where their counts are known.
 *
 * Source: https://projector.tensorflow.org, "Load data": a header only where there are several columns.
 */
export const projectorFiles = ({
  words,
  matrix,
  size,
  counts,
}: Embeddings): { readonly vectors: string; readonly metadata: string } => {
  const plain = (word: string): string => word.replaceAll(/[\t\r\n]/g, ' ')
  const rows = words.map((_, i) => Array.from(matrix.subarray(i * size, (i + 1) * size), shortFloat).join('\t'))
  const names = counts
    ? ['word\tcount', ...words.map((word, i) => `${plain(word)}\t${counts[i]}`)]
    : words.map(word => plain(word))
  return { vectors: `${rows.join('\n')}\n`, metadata: `${names.join('\n')}\n` }
}
