using System.Security.Cryptography;
using System.Text;
using Interp.Analysis;
using Interp.Runtime;

namespace Interp.Cli;

/// <summary>What a call's results come from; told by those who read it, for the metadata of files.</summary>
internal sealed class Provenance
{
    private readonly List<string> _files = [];
    private readonly StringBuilder _prompts = new();

    /// <summary>The model; null before one is loaded.</summary>
    public TransformerModel? Model { get; set; }

    /// <summary>Threads asked for; 0 = one per core.</summary>
    public int Threads { get; set; }

    /// <summary>The prompts; empty before they are read.</summary>
    public IReadOnlyList<PromptPair> Pairs { get; set; } = [];

    /// <summary>SHA-256 of each file of prompts, or of the token ids when prompts came without a file; null without prompts.</summary>
    public string? DataSha256 => _files.Count > 0 ? string.Join(' ', _files)
        : _prompts.Length > 0 ? Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(_prompts.ToString())))
        : null;

    /// <summary>Prompts were read from a file. Its hash is that of the bytes that were read: the file itself may be another one by the end.</summary>
    /// <param name="sha256">SHA-256 of the bytes, lower-case hexadecimal.</param>
    public void AddFile(string sha256) => _files.Add(sha256);

    /// <summary>Prompts were read from the command line.</summary>
    public void AddPrompts(IEnumerable<PromptPair> pairs)
    {
        foreach (PromptPair pair in pairs)
        {
            pair.AppendTo(_prompts);
        }
    }
}
