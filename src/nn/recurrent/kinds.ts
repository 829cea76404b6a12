import { ArgumentError } from '../../core/errors.ts'
import { nearest } from '../../core/nearest.ts'
import { gru } from './gru.ts'
import { lstm } from './lstm.ts'
import type { RecurrentLayer, RecurrentOptions } from './recurrent-layer.ts'
import { rnn } from './rnn.ts'

/** Kinds of recurrent layers, where one is chosen by name. */
export const recurrentKinds = ['lstm', 'gru', 'rnn'] as const
export type RecurrentKind = (typeof recurrentKinds)[number]
export type RecurrentFactory = (inputSize: number, hiddenSize: number, options?: RecurrentOptions) => RecurrentLayer

const factories: Readonly<Record<RecurrentKind, RecurrentFactory>> = {
  // A layer takes the states that it gives: which those are is only known where its kind is.
  lstm: lstm as unknown as RecurrentFactory,
  gru,
  rnn,
}

/** The factory of a kind of layer. @throws ArgumentError for another name */
export const recurrentLayerOf = (kind: RecurrentKind): RecurrentFactory => {
  if (Object.hasOwn(factories, kind)) return factories[kind]
  const near = nearest(kind, recurrentKinds)
  throw new ArgumentError(
    `recurrentLayerOf: ${JSON.stringify(kind)} is no kind of recurrent layer. ${near ? `Did you mean ${JSON.stringify(near)}?` : `Choose ${recurrentKinds.join(', ')}.`}`,
    { kind },
  )
}
