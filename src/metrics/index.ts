export { accuracy, type ClassReport, classReports, confusionMatrix, topKAccuracy } from './classification.ts'
