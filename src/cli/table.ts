/** Columns a terminal takes for a text. Shape: Chinese characters and their punctuation take two. */
const widthOf = (text: string): number =>
  text.length + (text.match(/[\p{Script=Han}\u3000-\u303f\uff00-\uff60]/gu)?.length ?? 0);

/** Rows under their headings, each column as wide as its widest cell. Shape: no blanks at a line's end. */
export const table = (headings: readonly string[], rows: readonly (readonly string[])[]): string[] => {
  const all = [headings, ...rows];
  const widths = headings.map((_, column) => Math.max(...all.map((row) => widthOf(row[column] ?? ''))));
  return all.map((row) =>
    headings
      .map((_, column) => {
        const cell = row[column] ?? '';
        return cell + ' '.repeat((widths[column] ?? 0) - widthOf(cell));
      })
      .join('  ')
      .trimEnd(),
  );
};
