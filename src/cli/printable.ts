/** On one line, and with nothing a terminal would obey: it was written by users. */
export const printable = (text: string): string => text.replace(/[\p{C}\p{Z}]+/gu, ' ').trim();
