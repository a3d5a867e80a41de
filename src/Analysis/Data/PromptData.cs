using Interp.Runtime;
using Interp.Runtime.Tokenization;

namespace Interp.Analysis;

/// <summary>Prompts of a file, as token ids of a model; read as the command line reads <c>--data</c>.</summary>
/// <param name="Pairs">The prompts, at least one.</param>
/// <param name="Sha256">SHA-256 of the file, lower-case hexadecimal.</param>
/// <param name="Unread">Columns of the file that mean nothing to interp.</param>
/// <param name="LeftOut">Why rows were left out, a line for each; empty unless that was asked for.</param>
public sealed record PromptData(
    IReadOnlyList<PromptPair> Pairs, string Sha256, IReadOnlyCollection<string> Unread, IReadOnlyList<string> LeftOut)
{
    /// <summary>Reads a file.</summary>
    /// <param name="path">
    /// A <c>.jsonl</c> file, a <c>.csv</c> file with a header (fields clean, corrupted, answer, wrong, id, group, subject, ..., or the same as ids:
    /// clean_tokens, ...), or a <c>.txt</c> file with a prompt a line.
    /// </param>
    /// <param name="model">The model whose tokens they become.</param>
    /// <param name="options">Which columns and parts; null = everything that the file has, under its usual names.</param>
    /// <exception cref="InvalidInputException">The file or a row cannot be used; the row is named by its line.</exception>
    public static PromptData Read(string path, TransformerModel model, PromptDataOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(model);
        options ??= new PromptDataOptions();
        DataFile file = DataFile.Read(path, FieldMap.Parse([.. options.Fields.Select(field => $"{field.Key}={field.Value}")]));
        var reader = new PairReader(model, options.Bos, options.Parts ?? Found(file));
        (IReadOnlyList<PromptPair> pairs, IReadOnlyList<InvalidInputException> bad) = PromptRows.Read(file.Rows, reader.Read, options.SkipBadRows);
        return new PromptData(pairs, file.Sha256, file.Unread, [.. bad.Select(exception => exception.Message)]);
    }

    private static PromptParts Found(DataFile file)
    {
        const PromptParts Optional = PromptParts.Answers | PromptParts.Spans | PromptParts.Metric;
        return file.Rows.Any(row => row.Corrupted is not null || row.CorruptedTokens is not null) ? Optional | PromptParts.Corrupted : Optional;
    }
}

/// <summary>How a file of prompts is read.</summary>
public sealed record PromptDataOptions
{
    /// <summary>
    /// What every row is read for; null = answers, spans and the metric's position where a row has them, and corrupted prompts in every row when
    /// one row has one.
    /// </summary>
    public PromptParts? Parts { get; init; }

    /// <summary>For a field the column that holds it, such as <c>["answer_token"] = "correct_idx"</c>.</summary>
    public IReadOnlyDictionary<string, string> Fields { get; init; } = new Dictionary<string, string>();

    /// <summary>Whether the beginning-of-sequence token is put in front of texts.</summary>
    public BosMode Bos { get; init; } = BosMode.Auto;

    /// <summary>Whether rows that cannot be used are left out instead of refused (<see cref="PromptData.LeftOut"/>).</summary>
    public bool SkipBadRows { get; init; }
}
