// Where in a document something is.

/** Keys and indexes from the root. */
export type Path = readonly (string | number)[];
