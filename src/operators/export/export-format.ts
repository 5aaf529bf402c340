/** How a list is exported. `ndjson`: the items of the list, a line each. */
export const EXPORT_FORMATS = ['csv', 'ndjson'] as const;

export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** The columns of a CSV file: a heading, and the value of an item. */
export type CsvColumns<T> = readonly (readonly [heading: string, value: (item: T) => unknown])[];
