using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Interp;

/// <summary>
/// Names of files that are written beside their final place, <c>NAME.MACHINE-PROCESS-NUMBER.tmp</c>: they say whose they are, so that
/// what a process left behind that was killed can be told from what another is still writing.
/// </summary>
public static class AsideFile
{
    private const string Usual = ".tmp";

    private static readonly string Machine =
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Environment.MachineName)))[..8];

    /// <summary>A new name beside a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="ending">How the name ends.</param>
    public static string NameFor(string path, string ending = Usual) =>
        string.Create(CultureInfo.InvariantCulture, $"{path}.{Machine}-{Environment.ProcessId}-{Guid.NewGuid():N}{ending}");

    /// <summary>Removes what processes of this machine that have ended left beside a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="ending">How the names end.</param>
    public static void Clean(string path, string ending = Usual)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string full = Path.GetFullPath(path), name = Path.GetFileName(full);
        try
        {
            foreach (string left in Directory.EnumerateFiles(Path.GetDirectoryName(full)!, $"*{ending}"))
            {
                if (Path.GetFileName(left).StartsWith(name + ".", StringComparison.Ordinal) && IsLeft(left))
                {
                    File.Delete(left);
                }
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // What cannot be removed does no harm: nothing reads it.
        }
    }

    private static bool IsLeft(string path)
    {
        string[] parts = Path.GetFileNameWithoutExtension(path).Split('.')[^1].Split('-');
        return parts.Length == 3 && parts[0] == Machine
            && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int process) && !Runs(process);
    }

    private static bool Runs(int process)
    {
        try
        {
            using Process found = Process.GetProcessById(process);
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
