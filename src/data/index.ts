export { type Column, type ColumnOf, Dataset, dataset, type Values } from './dataset.ts'
export { type DigitsOptions, digits } from './digits.ts'
export { type Batch, Loader, type LoaderOptions, type LoaderState, loader } from './loader.ts'
export { fashionMnist, type ImageDataset, type MnistOptions, mnist } from './mnist.ts'
