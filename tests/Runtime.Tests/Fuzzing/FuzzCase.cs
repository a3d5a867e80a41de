namespace Interp.Runtime.Tests.Fuzzing;

/// <summary>
/// What is changed and loaded: a folder of files, one of which is changed in each case.
/// </summary>
/// <param name="Name">What messages call it.</param>
/// <param name="Files">The files by name.</param>
/// <param name="Target">The file that is changed.</param>
/// <param name="Mutate">Changes its bytes.</param>
/// <param name="Load">Loads from the folder; gives what is done with the result afterwards, whose memory is not counted.</param>
internal sealed record FuzzCase(
    string Name, IReadOnlyDictionary<string, byte[]> Files, string Target, Func<Random, byte[], byte[]> Mutate,
    Func<string, Action> Load)
{
    /// <summary>A model: loading it, then running two tokens.</summary>
    /// <param name="name">What messages call it.</param>
    /// <param name="files">The files of its folder.</param>
    /// <param name="target">The file that is changed.</param>
    /// <param name="mutate">Changes its bytes.</param>
    /// <param name="opened">The file that is opened; empty = the folder.</param>
    public static FuzzCase Model(
        string name, IReadOnlyDictionary<string, byte[]> files, string target, Func<Random, byte[], byte[]> mutate,
        string opened = "") => new(name, files, target, mutate, folder =>
        {
            TransformerModel model = TransformerModel.Load(Path.Combine(folder, opened));
            int[] tokens = [.. Enumerable.Range(0, Math.Min(4, model.Config.DVocab)).Where(t => t != model.Config.PaddingId).Take(2)];
            return () => model.Run(tokens);
        });

    /// <summary>The files of a folder with some names.</summary>
    public static Dictionary<string, byte[]> FilesOf(string folder, params string[] names) => Directory.EnumerateFiles(folder)
        .Where(path => names.Any(n => System.IO.Enumeration.FileSystemName.MatchesSimpleExpression(n, Path.GetFileName(path))))
        .ToDictionary(path => Path.GetFileName(path), File.ReadAllBytes);
}
