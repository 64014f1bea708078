/** A guild's message, with the names the platform gives its fields. Source: qq-bot-api §5.5. */
export type GuildMessage = {
  readonly id: string;
  readonly channel_id: string;
  readonly guild_id: string;
  readonly content: string;
  /** ISO 8601. */
  readonly timestamp: string;
  /** Empty where it was never edited. */
  readonly edited_timestamp: string;
  readonly mention_everyone: boolean;
  readonly author: {
    readonly id: string;
    readonly username: string;
    readonly bot: boolean;
    readonly avatar?: string;
  };
  readonly attachments: readonly Readonly<Record<string, unknown>>[];
  readonly embeds: readonly Readonly<Record<string, unknown>>[];
  readonly mentions: readonly Readonly<Record<string, unknown>>[];
  readonly member: { readonly nick?: string; readonly roles: readonly string[]; readonly joined_at?: string };
  readonly ark?: Readonly<Record<string, unknown>>;
  readonly seq?: number;
  readonly seq_in_channel?: string;
  readonly message_reference?: { readonly message_id: string };
  readonly direct_message?: boolean;
  readonly src_guild_id?: string;
};
