using System.Text.Json;

namespace Interp.Runtime.Tokenization;

/// <summary>Finds and reads the tokenizer of a Hugging Face directory.</summary>
public static class TokenizerLoader
{
    // Formats of other tokenizers, or of these with rules of their own; what they say is in a tokenizer.json in newer directories.
    private static readonly string[] NotRead =
        ["sentencepiece.bpe.model", "spiece.model", "spm.model", "tiktoken.model", "tokenizer.tiktoken", "tekken.json", "vocab.bpe", "encoder.json", "bpe.codes"];

    // Every file that transformers keeps a tokenizer in, and the one that says which tokens end a text.
    private static readonly string[] FileNames =
    [
        TokenizerJson.FileName, TokenizerConfig.FileName, "vocab.json", "merges.txt", OlderFiles.ModelFile, "vocab.txt", "special_tokens_map.json",
        "added_tokens.json", "generation_config.json",
    ];

    /// <summary>The files of a directory's tokenizer.</summary>
    internal static IReadOnlyList<(string Name, byte[] Content)> Files(string directory) =>
    [
        .. FileNames.Where(name => File.Exists(Path.Combine(directory, name))).Select(name => (name, File.ReadAllBytes(Path.Combine(directory, name)))),
    ];

    /// <summary>
    /// Reads what the directory holds: tokenizer.json, else vocab.json with merges.txt (GPT-2, RoBERTa, Qwen2), else tokenizer.model
    /// (SentencePiece), else vocab.txt (WordPiece), with tokenizer_config.json beside it. No file stands in for another one that
    /// cannot be read.
    /// </summary>
    /// <param name="directory">The directory.</param>
    /// <returns>The tokenizer, or null when there is no tokenizer file.</returns>
    /// <exception cref="InvalidInputException">A tokenizer file is malformed, or has a part that is not known.</exception>
    public static TextTokenizer? TryLoad(string directory)
    {
        ArgumentNullException.ThrowIfNull(directory);
        string json = Path.Combine(directory, TokenizerJson.FileName);
        try
        {
            if (File.Exists(json))
            {
                TokenizerConfig config = TokenizerConfig.Read(directory);
                using JsonDocument document = JsonFile.Open(json);
                return TokenizerJson.Read(document.RootElement, json, config);
            }

            if (OlderFiles.TryRead(directory) is { } older)
            {
                return older;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidOperationException or JsonException)
        {
            throw new InvalidInputException($"{directory}: the tokenizer files could not be read: {e.Message.Split('\n')[0].Trim()}", e);
        }

        return Array.Find(NotRead, file => File.Exists(Path.Combine(directory, file))) is not { } other ? null : throw new InvalidInputException(
            $"{Path.Combine(directory, other)}: tokenizers of this format are not supported; expected tokenizer.json beside it, "
            + "which transformers writes when the tokenizer is saved");
    }
}
