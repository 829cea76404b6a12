/**
 * Errors a caller can act on. Every message reads `where: what is wrong, with the real values. What was expected. What to do.`
 * and is thrown where the operation is called, so that the stack points at the user's line.
 */
export class GradusError extends Error {
  /** Stable and machine-readable, such as `shape` or `format`. */
  readonly code: string
  /** The values named in the message. */
  readonly details: Readonly<Record<string, unknown>>
  constructor(code: string, message: string, details: Readonly<Record<string, unknown>> = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = new.target.name
    this.code = code
    this.details = details
  }
}

type Details = Readonly<Record<string, unknown>>

/** Sizes or ranks that do not go together. */
export class ShapeError extends GradusError {
  constructor(message: string, details?: Details) {
    super('shape', message, details)
  }
}

/** An element type that the operation does not take. */
export class DTypeError extends GradusError {
  constructor(message: string, details?: Details) {
    super('dtype', message, details)
  }
}

/** An argument or option outside what is allowed. */
export class ArgumentError extends GradusError {
  constructor(message: string, details?: Details) {
    super('argument', message, details)
  }
}

/** An engine that is absent, or that cannot run what it was given. */
export class EngineError extends GradusError {
  constructor(message: string, details?: Details, cause?: unknown) {
    super('engine', message, details, cause)
  }
}

/** A gradient that does not exist or was asked of the wrong thing. */
export class GradientError extends GradusError {
  constructor(message: string, details?: Details) {
    super('gradient', message, details)
  }
}

/** A file whose contents are not what its format says. */
export class FormatError extends GradusError {
  constructor(message: string, details?: Details, cause?: unknown) {
    super('format', message, details, cause)
  }
}

/** Input data that is missing, empty or too short for the task. */
export class DataError extends GradusError {
  constructor(message: string, details?: Details, cause?: unknown) {
    super('data', message, details, cause)
  }
}

/** A model folder or checkpoint that is missing, incomplete or of another architecture. */
export class ModelError extends GradusError {
  constructor(message: string, details?: Details, cause?: unknown) {
    super('model', message, details, cause)
  }
}

/** A loss that became NaN or infinite. */
export class DivergedError extends GradusError {
  constructor(message: string, details?: Details) {
    super('diverged', message, details)
  }
}
