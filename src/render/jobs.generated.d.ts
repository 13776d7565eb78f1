export declare const templates: Readonly<Record<string, object>>;
export declare const partials: Readonly<Record<string, object>>;
export declare const scripts: Readonly<Record<'backup' | 'restore' | 'change-pass', string>>;
