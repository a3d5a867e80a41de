using Interp.Runtime;

namespace Interp.Analysis;

/// <summary>The <c>prompts</c> table: the input itself, token by token, so that positions of the other tables have a text.</summary>
public static class PromptsTable
{
    /// <summary>Makes the table.</summary>
    /// <param name="model">The model; gives tokens their text.</param>
    /// <param name="pairs">The prompts, in the order of the input.</param>
    /// <returns>
    /// Table <c>prompts</c>: prompt, id, group, role (<c>clean</c>, <c>corrupted</c>, <c>answer</c>, <c>wrong</c>), pos (0-based in its prompt, null
    /// for answers), token, token_id, token_type (null where none were given).
    /// </returns>
    public static ResultTable<PromptTokenRow> Of(TransformerModel model, IReadOnlyList<PromptPair> pairs)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(pairs);
        ResultTable<PromptTokenRow> table = TableSchemas.Prompts.Create().From(model, pairs);
        for (int i = 0; i < pairs.Count; i++)
        {
            PromptPair pair = pairs[i];
            Add("clean", pair.Clean, pair.CleanTokenTypes, positions: true);
            Add("corrupted", pair.Corrupted, pair.CorruptedTokenTypes, positions: true);
            Add("answer", pair.Answers, null, positions: false);
            Add("wrong", pair.Wrongs, null, positions: false);

            void Add(string role, IReadOnlyList<int> tokens, IReadOnlyList<int>? types, bool positions)
            {
                for (int t = 0; t < tokens.Count; t++)
                {
                    table.AddRow(new PromptTokenRow(
                        pair.Row ?? i, pair.Id, pair.Group, role, positions ? t : null, model.TokenText(tokens[t]), tokens[t], types?[t]));
                }
            }
        }

        return table;
    }
}
