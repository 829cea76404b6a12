import { ArgumentError } from '../../core/errors.ts'
import { fork } from './random.ts'
import { type Transform, specOf, withSpec } from './transform.ts'

const chains = new WeakMap<Transform, readonly Transform[]>()
/** A chain in a chain is its links, so that each link has random numbers of its own. */
const links = (transform: Transform): readonly Transform[] => chains.get(transform) ?? [transform]

/**
 * One transform after another: number k draws from stream k of the generator's seed.
 *
 * @throws ArgumentError for more than 127 transforms
 * @example
 * const { compose, horizontalFlip, randomCrop } = await import('gradus/vision')
 * const augment = compose([randomCrop({ size: 28, padding: 2 }), horizontalFlip()])
 * const batch = { data: new Float32Array(2 * 784), shape: [2, 1, 28, 28], indices: [0, 1] } as const
 * augment.apply(batch, new Generator(0)).shape // [2, 1, 28, 28]
 */
export const compose = (transforms: readonly Transform[]): Transform => {
  const chain = transforms.flatMap(links)
  if (chain.length > 127)
    throw new ArgumentError(`compose: at most 127 transforms have random numbers of their own; got ${chain.length}.`)
  const composed: Transform = {
    name: 'compose',
    apply: (batch, generator) =>
      chain.reduce((batch, transform, k) => transform.apply(batch, fork(generator, k + 1)), batch),
  }
  chains.set(composed, chain)
  const specs = chain.map(specOf)
  return specs.includes(undefined) ? composed : withSpec(composed, { transforms: specs })
}
/** The first link of a chain that another thread could not make again. */
export const strangeLink = (transform: Transform): Transform | undefined =>
  links(transform).find(link => specOf(link) === undefined)
