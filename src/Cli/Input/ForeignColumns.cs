using Interp.Analysis;
using Interp.Runtime;

namespace Interp.Cli;

/// <summary>
/// Columns of published files (EAP-IG, Hanna et al. 2024) that hold answers under other names. They are not taken by themselves: the ids
/// among them are those of the tokenizer that the file was made with, and in another vocabulary they are other words.
/// </summary>
internal static class ForeignColumns
{
    private static readonly string[] IdFields = ["answer_token", "answer_tokens", "wrong_token", "wrong_tokens"];

    private static readonly (string[] Columns, string Fields, string What)[] Known =
    [
        (["correct_idx", "incorrect_idx"], "answer_token=correct_idx,wrong_token=incorrect_idx",
            "ids of the tokenizer that the file was made with, right for a model of that tokenizer only"),
        (["correct_idx"], "answer_token=correct_idx", "ids of the tokenizer that the file was made with, right for a model of that tokenizer only"),
        (["label"], "above=label", "for greater-than the ending of a year, measured by --metric prob-diff; answer=label if they are texts"),
    ];

    /// <summary>Refuses a file without answers that has them in columns of other names.</summary>
    /// <param name="name">Name of the file, for the error.</param>
    /// <param name="file">The file.</param>
    /// <exception cref="InvalidInputException">It does; the message has the <c>--fields</c> that read them.</exception>
    public static void Refuse(string name, DataFile file)
    {
        if (file.Rows.Any(r => r.HasAnswers))
        {
            return;
        }

        foreach ((string[] columns, string fields, string what) in Known)
        {
            if (columns.All(file.Unread.Contains))
            {
                throw new InvalidInputException(
                    $"{name}: expected answers (field answer, or answer_token), found {string.Join(" and ", columns)}, which interp does not "
                    + $"read by itself; --fields {fields} does ({what})");
            }
        }
    }

    /// <summary>Tells what words the ids of named columns are in this model, since they may come from another tokenizer.</summary>
    /// <param name="session">The call.</param>
    /// <param name="model">The model.</param>
    /// <param name="map">The columns that were named.</param>
    /// <param name="pairs">The rows.</param>
    public static void TellIds(Session session, TransformerModel model, FieldMap map, IReadOnlyList<PromptPair> pairs)
    {
        PromptPair first = pairs[0];
        if (model.Tokenizer is not null && first.Answers.Concat(first.Wrongs).Any() && map.Fields.Any(IdFields.Contains))
        {
            session.Remark(
                $"--fields: in this model's vocabulary the first row's answer is {Words(first.Answers)}"
                + (first.Wrongs.Count > 0 ? $" and its wrong token {Words(first.Wrongs)}" : ""));
        }

        string Words(IReadOnlyList<int> ids) => string.Join(", ", ids.Select(id => $"{Shown.Token(model.TokenText(id))} (id {id})"));
    }
}
