import { afterEach, describe, expect, test } from 'vitest'
import { engineAbout, loadEngine } from '../../src/engine/engine.ts'
import { ArgumentError, configureEngines, engineName, engineNames, setEngine, tensor } from '../../src/index.ts'

const before = process.env.GRADUS_ENGINE
afterEach(() => {
  if (before === undefined) delete process.env.GRADUS_ENGINE
  else process.env.GRADUS_ENGINE = before
})

const messageOf = (call: () => unknown): string => {
  try {
    call()
  } catch (error) {
    expect(error).toBeInstanceOf(ArgumentError)
    return (error as Error).message
  }
  return 'nothing was thrown'
}

// In this order: once an engine was set, the environment has no say.
describe('without setEngine', () => {
  test('the engine is native', () => {
    delete process.env.GRADUS_ENGINE
    expect(engineName()).toBe('native')
    process.env.GRADUS_ENGINE = ''
    expect(engineName()).toBe('native')
  })

  test('the environment chooses', async () => {
    process.env.GRADUS_ENGINE = 'reference'
    expect(engineName()).toBe('reference')
    // ONNX Runtime has no erf in float64: only the reference can answer.
    expect(await tensor([0.5], 'float64').erf().item()).toBeCloseTo(0.5204998778130465, 15)
  })

  test('a name in the environment that is no engine is an error when it is used', async () => {
    process.env.GRADUS_ENGINE = 'cuda'
    expect(messageOf(() => engineName())).toBe(
      'GRADUS_ENGINE: there is no engine "cuda". Known here: native, wasm, webgpu, reference.',
    )
    await expect(tensor([1]).add(1).data()).rejects.toThrow('GRADUS_ENGINE: there is no engine "cuda".')
  })
})

describe('setEngine', () => {
  test('refuses what is no engine, and names those that are', () => {
    expect(messageOf(() => setEngine('cuda'))).toBe(
      'setEngine: there is no engine "cuda". Known here: native, wasm, webgpu, reference.',
    )
    // Nor is a name that every object has.
    expect(messageOf(() => setEngine('constructor'))).toBe(
      'setEngine: there is no engine "constructor". Known here: native, wasm, webgpu, reference.',
    )
  })

  test('goes before the environment, and changes from one evaluation to the next', async () => {
    process.env.GRADUS_ENGINE = 'native'
    setEngine('reference')
    expect(engineName()).toBe('reference')
    const x = tensor([0.5], 'float64').erf()
    await x.data()
    setEngine('native')
    // What was computed stays, and goes on with the other engine.
    expect(await x.mul(2).item()).toBeCloseTo(1.040999755626093, 15)
    expect(engineName()).toBe('native')
  })

  test('knows these engines, with a line on each', () => {
    expect(engineNames()).toEqual(['native', 'wasm', 'webgpu', 'reference'])
    for (const name of engineNames()) expect(engineAbout(name).length).toBeGreaterThan(10)
    expect(messageOf(() => loadEngine('nowhere'))).toBe(
      'engine: there is no engine "nowhere". Known here: native, wasm, webgpu, reference.',
    )
  })
})

describe('configureEngines', () => {
  test('refuses threads that are no number of threads, and an empty folder', () => {
    expect(messageOf(() => configureEngines({ threads: 0 }))).toBe(
      'configureEngines: threads must be an integer of at least 1; got 0.',
    )
    expect(messageOf(() => configureEngines({ files: '' }))).toBe(
      'configureEngines: files is empty. Give the URL of the folder with the files of onnxruntime-web, or leave it out.',
    )
  })
})
