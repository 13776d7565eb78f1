// In which forms a plan comes. Apart from the code that writes them, since the table of commands is read by every command.

export const PLAN_FORMATS = ['text', 'json', 'markdown'] as const;
export type PlanFormat = (typeof PLAN_FORMATS)[number];
