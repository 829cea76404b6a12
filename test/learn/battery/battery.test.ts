import { describe, expect, test } from 'vitest'
import { definitions } from '../../../src/learn/index.ts'
import { batteries } from './batteries.ts'
import { checkEstimator } from './check-estimator.ts'

// Every estimator that is declared goes through the battery: a new one needs no line here.
for (const description of definitions()) checkEstimator(description, batteries[description.name])

describe('the battery', () => {
  test('names no estimator that does not exist', () => {
    const names = definitions().map(({ name }) => name)
    expect(Object.keys(batteries).filter(name => !names.includes(name))).toEqual([])
  })
})
