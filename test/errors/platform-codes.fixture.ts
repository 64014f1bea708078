/**
 * The codes of qq-bot-api §1.3 and §8.2, row by row, copied from there and not from the code.
 * `word`: what a remedy must speak of, in English, so that a code cannot end in a row of another meaning.
 */
export const SPEC_CODES: readonly (readonly [row: string, word: RegExp, codes: readonly number[]])[] = [
  // §1.3
  ['too many token requests', /token service limits/, [100001]],
  ['appid invalid', /appId/, [100007]],
  ['appid or secret wrong', /appSecret/, [100016]],
  ['robot does not exist', /no such bot/, [10004]],
  ['gateway call frequency', /too often/, [100017]],
  // §8.2 auth, application
  ['token missing, expired or unknown', /token/, [11241, 11243, 11244]],
  ['check failed on their side', /passing fault/, [11242, 11252, 11263, 11273, 11281]],
  ['legacy token', /fixed token/, [11245]],
  ['appid wrong or missing', /appId/, [11251, 11261, 11275]],
  ['permission missing', /permission/, [11253, 11264, 11274, 11282, 11293]],
  ['interface banned', /banned this interface/, [11254]],
  ['bot banned', /banned this bot/, [11265]],
  ['openid of another bot', /another bot/, [11255, 12001]],
  ['source IP', /allow-list/, [11298, 40023002]],
  ['header, id, body', /request/, [11301, 11302, 11303, 11304, 11305, 11306, 12002, 12003]],
  // rate
  ['rates', /rate/, [20028, 22009, 1100100, 1100308, 50002, 40034100]],
  ['daily quotas', /quota/, [304045, 304046, 304047, 304048, 304049, 304050, 304022, 304035]],
  // passive, dedupe
  ['duplicate', /already arrived/, [40054005]],
  ['window or count', /window/, [40034128, 40034005, 304103, 304027, 40034026]],
  ['anchor wrong', /does not know the message/, [40034024, 40034025, 304026, 40034027, 50048]],
  ['no reply taken', /takes no reply/, [304028, 50045, 50046]],
  // active rights
  ['active not permitted', /Active messages are not permitted/, [40034105, 40034102]],
  ['user refuses', /refuses/, [40054013, 304031]],
  ['wake-up', /wake-up/, [40034122, 40034123]],
  ['muted', /muted/, [40054002, 850018]],
  ['not in group, no friend', /no longer/, [40034101, 40054003, 40054004]],
  ['friend check failed', /passing fault/, [40054006]],
  ['bot offline', /online on the gateway/, [40054016, 304018]],
  // content
  ['type and content', /type/, [22006, 50006, 304061, 340069, 50035]],
  ['blocked', /review blocked/, [40034006, 1100101, 304025, 1100103]],
  ['URL', /link/, [304003, 40054010]],
  ['too long', /too long/, [40054007, 40054018, 304005]],
  ['markdown right', /no right to markdown/, [40034012, 40034127, 304036, 304041, 50056]],
  [
    'markdown parameters',
    /markdown/,
    [40034008, 40034009, 40034010, 40034011, 40034124, 50037, 50041, 50042, 50054, 50055, 50057],
  ],
  ['ark', /card/, [304004, 304011, 304012, 304013, 304014]],
  ['ark, transient', /passing fault/, [50055006]],
  ['keyboard', /keyboard/, [40034029, 304037, 304038, 304039, 304040, 304057, 305007, 40034106, 40034108, 40034109]],
  ['input_notify', /typing/, [50059]],
  ['@everyone', /@everyone/, [304019]],
  // media
  ['file_info', /file/, [304080]],
  ['fetch or convert', /file/, [40034004, 304010, 304017, 304021, 304082, 304083, 850026, 850027]],
  ['format', /format/, [850019]],
  ['too large', /larger/, [850031, 304020]],
  ['chunk channel', /passing fault/, [40093001]],
  ['upload quota', /quota of uploads/, [40093002]],
  ['unsupported', /does not support/, [10000]],
  // audit, streams, passing faults, reactions, interactions
  ['audit', /review/, [304023, 304024]],
  [
    'streams',
    /streamed message/,
    [40007, 40034016, 40034017, 40034018, 40034019, 40034020, 40034021, 40034022, 40054014, 40054015],
  ],
  ['stream, passing', /passing fault/, [50001]],
  ['transient', /passing fault/, [50055001, 50055002, 340067, 50065001, 306003, 306005, 306006, 1100300, 620007]],
  ['reactions', /arrived/, [620003, 620004]],
  ['reaction kinds', /reactions/, [620002]],
  ['reaction rate', /rate/, [620006]],
  ['interactions', /button/, [630001, 630002, 630003, 630004, 630005, 630006, 630007, 630008]],
];
