export const committableLength = (text: string): number => text.length;
