/** The languages everything a person reads exists in. */
export type Lang = 'en' | 'zh';

/**
 * The language to speak: the flag, else the first of LC_ALL, LC_MESSAGES and LANG that says something.
 * Shape: anything that is not Chinese is English.
 */
export const pickLang = ({
  flag,
  env,
}: {
  flag?: string | undefined;
  env: Readonly<Record<string, string | undefined>>;
}): Lang => {
  const wanted = [flag, env['LC_ALL'], env['LC_MESSAGES'], env['LANG']].find((value) => value);
  return wanted?.toLowerCase().startsWith('zh') ? 'zh' : 'en';
};
