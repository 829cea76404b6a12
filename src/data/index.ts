export type { LoaderState } from './batch-order.ts'
export { type Cifar10, type Cifar10Dataset, type Cifar10Options, cifar10 } from './cifar10.ts'
export { type Column, type ColumnOf, Dataset, dataset, type Values } from './dataset.ts'
export { type DigitsOptions, digits } from './digits.ts'
export type { DownloadOptions, DownloadProgress } from './download.ts'
export { type ImageFolder, type ImageFolderOptions, imageFolder } from './image-folder.ts'
export { type Batch, Loader, type LoaderOptions, loader } from './loader.ts'
export { fashionMnist, type ImageDataset, type Mnist, type MnistOptions, mnist } from './mnist.ts'
export { type PointKind, type PointsOptions, pointKinds, points } from './points.ts'
export {
  BooleanColumn,
  type Cell,
  type ColumnType,
  NumberColumn,
  type TableColumn,
  TextColumn,
} from './table/column.ts'
export { parseCsv } from './table/csv.ts'
export type { CsvOptions } from './table/csv-options.ts'
export type { CsvWriteOptions } from './table/csv-write.ts'
export { type JsonTableOptions, parseJsonTable } from './table/json-table.ts'
export { type ParquetOptions, parseParquet } from './table/parquet.ts'
export { type ReadTableOptions, readCsv, readTable, type TableFormat } from './table/read-table.ts'
export type { CellPlace, TableReport } from './table/report.ts'
export type { TableSource } from './table/source.ts'
export { parseSvmlight, readSvmlight, type SparseRows, type Svmlight, type SvmlightOptions } from './table/svmlight.ts'
export { type CellValues, type Row, Table } from './table/table.ts'
