import { expect, test } from 'vitest'
import { changed, commandOf, quoted, readScene, writeScene } from '../../studio/kit/address.ts'
import { about } from '../../studio/labs/mlp/about.ts'

const scene = (query: string) => readScene(about, new URLSearchParams(query))

test('an address and its scene say the same', () => {
  const query =
    'lab=mlp&dataSet=xor&noise=0.2&hidden=4%2C3&showTest=true&seed=9&hide=steps%2Cdata&engine=reference&opening=30'
  const { settings, hide, engine, opening, complaints } = scene(query)
  expect(complaints).toEqual([])
  expect(settings).toMatchObject({ dataSet: 'xor', noise: 0.2, hidden: [4, 3], showTest: true, seed: 9, count: 300 })
  expect([...hide]).toEqual(['steps', 'data'])
  expect(writeScene(about, { settings, hide, engine, opening })).toBe(`?${query}`)
  expect(writeScene(about, { ...scene('lab=mlp'), hide: new Set() })).toBe('?lab=mlp')
})

test('an address may do steps first, and start', () => {
  expect(scene('opening=30&play')).toMatchObject({ opening: 30, play: true, complaints: [] })
  expect(scene('opening=many')).toMatchObject({ opening: null, play: false })
  expect(scene('opening=many').complaints).toEqual(['opening must be a number of steps; the address has "many".'])
})

test('a preset is where the other words start from', () => {
  const { settings } = scene('preset=XOR, 4 units&noise=0.3')
  expect(settings).toMatchObject({ dataSet: 'xor', hidden: [4], noise: 0.3 })
})

test('what makes no sense is passed over and told of', () => {
  const { settings, complaints } = scene('dataSet=cube&hidden=0,3&colour=red&engine=abacus&preset=Nothing&hidden=99')
  expect(settings).toEqual(scene('').settings)
  expect(complaints).toEqual([
    'There is no scene "Nothing" in this lab.',
    'dataSet must be one of xor, moons, circles, spirals, blobs; the address has "cube". The usual value was taken.',
    'hidden must be up to 4 numbers from 1 to 32, such as 4, 4; the address has "0,3". The usual value was taken.',
    'The address names "colour", which is no setting of this lab; it was passed over.',
    'hidden must be up to 4 numbers from 1 to 32, such as 4, 4; the address has "99". The usual value was taken.',
    'There is no engine "abacus"; the engines are wasm, reference, webgpu.',
  ])
})

test('the command has the flags of what differs, quoted for a shell', () => {
  const { settings } = scene('hidden=&showTest=true&learningRate=0.5')
  expect(changed(about, settings)).toEqual([
    ['hidden', ''],
    ['learningRate', '0.5'],
    ['showTest', 'true'],
  ])
  expect(commandOf(about, settings, { data: "it's mine.csv" })).toBe(
    `npx gradus lab mlp --hidden='' --learning-rate=0.5 --show-test --data='it'\\''s mine.csv'`,
  )
  expect(commandOf(about, settings, { data: null, engine: 'reference' })).toMatch(/^GRADUS_ENGINE=reference npx gradus/)
  expect(quoted('a b')).toBe("'a b'")
})
