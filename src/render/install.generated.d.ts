export declare const templates: Readonly<Record<string, object>>;
export declare const partials: Readonly<Record<string, object>>;
export declare const definition: string;
