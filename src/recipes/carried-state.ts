import { ModelError } from '../core/errors.ts'
import { flatten, mapTree } from '../core/tree.ts'
import type { StateEntry } from '../nn/module.ts'
import type { Optimizer } from '../optim/index.ts'
import { fromArray } from '../tensor/creation.ts'
import { Tensor } from '../tensor/tensor.ts'

const isTensor = (x: unknown): x is Tensor => x instanceof Tensor
const prefix = 'carried.'

export interface CarriedState<S> {
  /** Tensors, in arrays and objects. */
  state: S
  /** The optimizer, which saves and loads the state with its own. */
  readonly optimizer: Optimizer
}

/** A state that goes from update to update, and with the optimizer's into checkpoints, under names of its own. */
export const carriedState = <S>(where: string, inner: Optimizer, start: S): CarriedState<S> => {
  const held = { state: start }
  let fetched: [string, StateEntry][] = []
  const fetch = async (): Promise<void> => {
    await inner.fetch()
    const { leaves } = flatten(where, held.state, isTensor)
    fetched = await Promise.all(
      leaves.map(async (x, i): Promise<[string, StateEntry]> => {
        return [prefix + i, { dtype: x.dtype, shape: x.shape, data: (await x.data()) as StateEntry['data'] }]
      }),
    )
  }
  const loadState = (saved: ReadonlyMap<string, StateEntry>, stepCount: number): void => {
    inner.loadState(new Map([...saved].filter(([name]) => !name.startsWith(prefix))), stepCount)
    let next = 0
    held.state = mapTree(start, isTensor, like => {
      const name = prefix + next++
      return restored(where, name, { entry: saved.get(name), like })
    }) as S
  }
  const optimizer: Optimizer = Object.create(inner, {
    fetch: { value: fetch },
    state: { value: () => new Map([...inner.state(), ...fetched]) },
    loadState: { value: loadState },
  })
  return Object.assign(held, { optimizer })
}

const restored = (
  where: string,
  name: string,
  { entry, like }: { readonly entry: StateEntry | undefined; readonly like: Tensor },
): Tensor => {
  if (entry?.shape.join() !== like.shape.join() || entry.dtype !== like.dtype) {
    const found = entry ? `${name} ${entry.dtype} [${entry.shape.join(', ')}]` : `no ${name}`
    throw new ModelError(
      `${where}: the checkpoint has ${found}; expected ${like.dtype} [${like.shape.join(', ')}], the state of each row. Resume with the same --batch and sizes.`,
      { name },
    )
  }
  const data = entry.data as Float32Array
  return fromArray(data.slice() as never, like.shape, like.dtype as never) as Tensor
}
