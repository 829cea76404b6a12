import { ArgumentError } from '../../core/errors.ts'

export interface Named {
  readonly definition: { readonly name: string }
  readonly nFeaturesIn: number
  readonly featureNames: readonly string[] | undefined
}

/** The names of the columns that a model was fitted on: as given, else of its table, else x0, x1, ... */
export const namesIn = (fit: Named, given?: readonly string[]): readonly string[] => {
  const { definition, nFeaturesIn, featureNames } = fit
  if (given && given.length !== nFeaturesIn) {
    throw new ArgumentError(
      `${definition.name}.featureNamesOut: got ${given.length} names, and it was fitted on ${nFeaturesIn} columns. Pass one for each.`,
    )
  }
  return given ?? featureNames ?? Array.from({ length: nFeaturesIn }, (_, j) => `x${j}`)
}

/** For transformers whose columns are those that they were given. */
export const sameNames = { featureNamesOut: (fit: Named, names?: readonly string[]) => namesIn(fit, names) }
