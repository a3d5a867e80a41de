namespace Interp.Runtime;

/// <summary>What the kernels run on. Results do not depend on it; files of results say it all the same.</summary>
public static class KernelInfo
{
    /// <summary>
    /// The vector width in use, as <c>INTERP_KERNEL_TIER</c> names it: <c>scalar</c>, <c>128</c>, <c>256</c> or <c>512</c> bits.
    /// </summary>
    /// <exception cref="InvalidInputException">The environment variable names none that this machine has.</exception>
    public static string Tier => Kernels.KernelTiers.Name(Kernels.KernelTiers.Current);

    /// <summary>
    /// Has the kernels compiled that a short run of every model uses, which otherwise happens when they are first used. For a program
    /// that runs a model once, on a thread beside the one that loads it.
    /// </summary>
    /// <exception cref="InvalidInputException">The environment variable names a vector width that this machine lacks.</exception>
    public static void Prepare() => Forward.KernelWarming.Run();

    /// <summary>Has the kernels compiled that a model uses besides: its norm and its activation.</summary>
    /// <param name="config">The model's configuration.</param>
    /// <exception cref="InvalidInputException">The environment variable names a vector width that this machine lacks.</exception>
    public static void Prepare(ModelConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        Forward.KernelWarming.Run(config);
    }

    /// <summary>
    /// The processor's name in lower case with hyphens, as a folder of results is called, with family and model where the name has no number, as
    /// virtual machines give it; its architecture where none is told.
    /// </summary>
    public static string Processor
    {
        get
        {
            const string Facts = "/proc/cpuinfo";
            string? name = File.Exists(Facts) ? NameIn(File.ReadLines(Facts)) : null;
            return FolderName(name ?? System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture.ToString());
        }
    }

    /// <summary>The first processor's name in what Linux says of processors; null where it says none.</summary>
    internal static string? NameIn(IEnumerable<string> facts)
    {
        var first = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string line in facts)
        {
            if (line.Split(':', 2, StringSplitOptions.TrimEntries) is [var key, var value])
            {
                first.TryAdd(key, value);
            }
        }

        bool nameless = first.TryGetValue("model name", out string? name) && !name.Any(char.IsAsciiDigit);
        return nameless && first.TryGetValue("cpu family", out string? family) && first.TryGetValue("model", out string? model)
            ? $"{name} family {family} model {model}"
            : name;
    }

    /// <summary>The name of a processor as that of a folder, without what marks it as a trade name.</summary>
    internal static string FolderName(string model)
    {
        string name = model.Replace("(R)", "", StringComparison.OrdinalIgnoreCase).Replace("(TM)", "", StringComparison.OrdinalIgnoreCase);
        return string.Join('-', name.Split([' ', '/', '(', ')', '@'], StringSplitOptions.RemoveEmptyEntries)).ToLowerInvariant();
    }
}
