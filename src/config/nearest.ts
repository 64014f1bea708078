/**
 * Edits between two words: insert, delete, replace, or swap two neighbours; a change of case is half an edit, so that
 * `appid` is nearer to `appId` than to any other word.
 */
const distance = (from: string, to: string): number => {
  const rows: number[][] = [Array.from({ length: to.length + 1 }, (_, column) => column)];
  const at = (row: number, column: number): number => rows[row]?.[column] ?? Number.POSITIVE_INFINITY;
  for (let row = 1; row <= from.length; row += 1) {
    rows[row] = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const [a, b] = [from.charAt(row - 1), to.charAt(column - 1)];
      const change = a === b ? 0 : a.toLowerCase() === b.toLowerCase() ? 0.5 : 1;
      const swapped = row > 1 && column > 1 && a === to.charAt(column - 2) && b === from.charAt(row - 2);
      rows[row]?.push(
        Math.min(
          at(row - 1, column) + 1,
          at(row, column - 1) + 1,
          at(row - 1, column - 1) + change,
          swapped ? at(row - 2, column - 2) + 1 : Number.POSITIVE_INFINITY,
        ),
      );
    }
  }
  return at(from.length, to.length);
};

/** The known words nearest to `word`. Shape: all that tie, in the order of `known`; empty only if `known` is. */
export const nearest = (word: string, known: readonly string[]): string[] => {
  // The longest key has some 25 letters; a pasted novel in a key's place need not be measured.
  const distances = known.map((candidate) => distance(word.slice(0, 64), candidate));
  const least = Math.min(...distances);
  return known.filter((_, index) => distances[index] === least);
};
