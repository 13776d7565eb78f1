// Text of others for a terminal.

/** Names of files, words of the command line and what a cluster says may hold commands for a terminal, and line breaks. */
export function escapeControls(line: string): string {
  const escape = (found: string): string => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return line.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, escape);
}
