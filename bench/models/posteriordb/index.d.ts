/** By the names of posteriordb. The argument is the posterior's `data.json`. */
export declare const MODELS: Readonly<Record<string, (data: unknown) => void>>;
