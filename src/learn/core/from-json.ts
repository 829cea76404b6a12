import { fitFromJson } from './estimator.ts'
import { type AnyModel, publishFit } from './model.ts'

/**
 * A fitted model from what its `toJSON` gave, parsed: any estimator's. `ridge.fromJSON` and the like know the model's type too.
 *
 * @throws FormatError if it is no fitted model, ArgumentError if its estimator is unknown
 * @example fromJSON(JSON.parse(JSON.stringify(await ridge().fit(X, y)))).estimator // ridge
 */
export const fromJSON = (json: unknown): AnyModel => publishFit(fitFromJson(json))
