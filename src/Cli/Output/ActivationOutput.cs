using Interp.Analysis;
using Interp.Export;
using Interp.Hooks;
using Interp.Runtime;

namespace Interp.Cli;

/// <summary>Writes activations as Arrow files, a prompt at a time: one file for hooks of one width, or a folder with one for each site.</summary>
/// <param name="session">The call.</param>
/// <param name="model">The model.</param>
/// <param name="points">The hook points.</param>
/// <param name="pairs">The prompts; the clean ones are run.</param>
internal sealed class ActivationOutput(
    Session session, TransformerModel model, IReadOnlyList<HookPoint> points, IReadOnlyList<PromptPair> pairs)
{
    private const string Table = "cache";

    /// <summary>Runs the prompts and writes what they record.</summary>
    /// <param name="path">The file or folder.</param>
    /// <param name="isFolder">Whether it is a folder.</param>
    /// <param name="options">What is recorded and replaced.</param>
    /// <exception cref="InvalidInputException">Hooks of several widths are asked for in one file, or it cannot be written.</exception>
    public void Write(string path, bool isFolder, RunOptions options)
    {
        (string Name, IReadOnlyList<HookPoint> Points)[] parts = isFolder
            ? [.. points.GroupBy(p => p.Site).Select(g => ($"{Table}_{g.Key}", (IReadOnlyList<HookPoint>)[.. g]))]
            : [(Table, points)];
        IReadOnlyList<int>[] prompts = [.. pairs.Select(p => p.Clean)];
        foreach ((_, IReadOnlyList<HookPoint> part) in parts)
        {
            ActivationWriter.WidthOf(model, part, prompts);
        }

        ResultFolder? folder = isFolder ? session.Folder(path) : null;
        List<ActivationWriter> writers = [];
        try
        {
            foreach ((string name, IReadOnlyList<HookPoint> part) in parts)
            {
                Dictionary<string, string> metadata = FileMetadata.Of(session);
                metadata[ResultMetadata.Table] = name;
                session.Lock(folder?.PathFor(name) ?? path);
                writers.Add(folder?.Begin(name, model, part, prompts, metadata) ?? new ActivationWriter(path, model, part, prompts, metadata));
            }

            foreach ((int prompt, RunResult run, int sequence) in PromptRuns.Each(
                session, model, pairs, options with { Logits = LogitRows.None }, 1))
            {
                writers.ForEach(w => w.Write(IndexColumns.Number(pairs, prompt), prompts[prompt], run.Cache(sequence)));
            }

            for (int i = 0; i < parts.Length; i++)
            {
                ActivationWriter writer = writers[i];
                if (session.Stopped is null || folder is not null)
                {
                    writer.Finish();
                }
                else
                {
                    writer.FinishPart();
                }

                long bytes = new FileInfo(writer.Path).Length;
                folder?.Stage(parts[i].Name, writer);
                string file = folder?.PathFor(parts[i].Name) ?? writer.Path;
                session.Note($"{file}: {writer.Rows} rows of {writer.Width}, {Shown.Bytes(bytes)}{(session.Stopped is null ? "" : ", incomplete")}");
            }
        }
        finally
        {
            writers.ForEach(w => w.Dispose());
        }
    }
}
