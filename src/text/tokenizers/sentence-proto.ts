import { BinaryReader, WireType } from '@bufbuild/protobuf/wire'
import { FormatError } from '../../core/errors.ts'
import { quote } from '../../io/json.ts'

export const pieceType = { normal: 1, unknown: 2, control: 3, userDefined: 4, unused: 5, byte: 6 } as const

/** A model file of SentencePiece, as far as it says how text is cut. */
export interface SentenceProto {
  readonly pieces: string[]
  readonly scores: number[]
  readonly types: number[]
  /** 1 unigram, 2 byte pairs, 3 words, 4 characters. */
  modelType: number
  byteFallback: boolean
  spacesAtEnd: boolean
  bosId: number
  eosId: number
  padId: number
  /** What an unknown piece is decoded to. */
  unkText: string
  charsmap: Uint8Array | undefined
  dummyPrefix: boolean
  removeExtraSpaces: boolean
  escapeSpaces: boolean
}

type Read = readonly [wire: WireType, read: (r: BinaryReader) => void]

const again = 'Give a model of SentencePiece, such as tokenizer.model, or download it again.'

/** Reads a message's fields; others are passed over. */
const readMessage = (bytes: Uint8Array, fields: Readonly<Record<number, Read>>): void => {
  const reader = new BinaryReader(bytes)
  while (reader.pos < reader.len) {
    const [number, wire] = reader.tag()
    const field = fields[number]
    if (!field) {
      reader.skip(wire, number)
      continue
    }
    if (field[0] !== wire) throw new Error(`field ${number} is of wire type ${wire}`)
    field[1](reader)
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const bytes = (set: (value: Uint8Array) => void): Read => [WireType.LengthDelimited, r => set(r.bytes())]
const text = (set: (value: string) => void): Read => bytes(value => set(utf8.decode(value)))
const int = (set: (value: number) => void): Read => [WireType.Varint, r => set(r.int32())]
const bool = (set: (value: boolean) => void): Read => int(value => set(value !== 0))
const float = (set: (value: number) => void): Read => [WireType.Bit32, r => set(r.float())]

const readPiece = (data: Uint8Array, { pieces, scores, types }: SentenceProto): void => {
  let [piece, score, type]: [string, number, number] = ['', 0, pieceType.normal]
  readMessage(data, {
    1: text(value => (piece = value)),
    2: float(value => (score = value)),
    3: int(value => (type = value)),
  })
  if (!Number.isFinite(score) || type < pieceType.normal || type > pieceType.byte)
    throw new Error(`piece ${pieces.length}, ${quote(piece)}, has the score ${score} and the type ${type}`)
  pieces.push(piece)
  scores.push(score)
  types.push(type)
}

/**
 * Reads a model file of SentencePiece.
 *
 * @throws FormatError where the bytes are none
 *
 * Source: google/sentencepiece, `sentencepiece_model.proto`.
 */
export const readSentenceProto = (data: Uint8Array, where: string): SentenceProto => {
  const proto: SentenceProto = {
    pieces: [],
    scores: [],
    types: [],
    modelType: 1,
    byteFallback: false,
    spacesAtEnd: false,
    bosId: 1,
    eosId: 2,
    padId: -1,
    unkText: ' \u2047 ',
    charsmap: undefined,
    dummyPrefix: true,
    removeExtraSpaces: true,
    escapeSpaces: true,
  }
  const trainer: Record<number, Read> = {
    3: int(value => (proto.modelType = value)),
    24: bool(value => (proto.spacesAtEnd = value)),
    35: bool(value => (proto.byteFallback = value)),
    41: int(value => (proto.bosId = value)),
    42: int(value => (proto.eosId = value)),
    43: int(value => (proto.padId = value)),
    44: text(value => (proto.unkText = value)),
  }
  const normalizer: Record<number, Read> = {
    2: bytes(value => (proto.charsmap = value.length > 0 ? value : undefined)),
    3: bool(value => (proto.dummyPrefix = value)),
    4: bool(value => (proto.removeExtraSpaces = value)),
    5: bool(value => (proto.escapeSpaces = value)),
  }
  try {
    readMessage(data, {
      1: bytes(value => readPiece(value, proto)),
      2: bytes(value => readMessage(value, trainer)),
      3: bytes(value => readMessage(value, normalizer)),
    })
  } catch (error) {
    throw new FormatError(`${where}: cannot be decoded: ${(error as Error).message}. ${again}`, {}, error)
  }
  if (proto.pieces.length === 0) throw new FormatError(`${where}: has no pieces. ${again}`)
  return proto
}
