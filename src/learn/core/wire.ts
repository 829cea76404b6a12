import { BooleanColumn, NumberColumn, type TableColumn, TextColumn } from '../../data/table/column.ts'
import { Table } from '../../data/table/table.ts'
import type { InputName, Inputs } from './definition.ts'

// Rows as they are sent to threads: plain records and typed arrays, without classes.

type WireColumn =
  | { readonly type: 'number'; readonly name: string; readonly data: Float64Array }
  | { readonly type: 'boolean'; readonly name: string; readonly data: Uint8Array }
  | { readonly type: 'text'; readonly name: string; readonly codes: Int32Array; readonly categories: readonly string[] }
export type Wire = Exclude<Inputs[InputName], Table> | { readonly table: readonly WireColumn[] }

const plain = (column: TableColumn): WireColumn =>
  column instanceof TextColumn
    ? { type: 'text', name: column.name, codes: column.codes, categories: column.categories }
    : ({ type: column.type, name: column.name, data: column.data } as WireColumn)

const revived = (column: WireColumn): TableColumn => {
  if (column.type === 'text') return new TextColumn(column.name, column.codes, column.categories)
  return column.type === 'number'
    ? new NumberColumn(column.name, column.data)
    : new BooleanColumn(column.name, column.data)
}

export const toWire = (X: Inputs[InputName]): Wire =>
  X instanceof Table ? { table: X.names.map(name => plain(X.column(name))) } : X
export const fromWire = (wire: Wire): Inputs[InputName] => ('table' in wire ? new Table(wire.table.map(revived)) : wire)
