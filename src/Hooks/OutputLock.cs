using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Interp;

/// <summary>
/// The right to write an output, which one process at a time has: a locked file <c>NAME.lock</c> beside it. The system takes
/// the lock from a process that ends, however it ends; a file that one left behind locks nothing and is used again.
/// </summary>
public sealed partial class OutputLock : IDisposable
{
    private const int ReadOnly = 0;
    private const int MostText = 512, MostTries = 100;

    private readonly string _path;
    private readonly FileStream _file;

    private OutputLock(string path, FileStream file) => (_path, _file) = (path, file);

    /// <summary>Takes the lock of an output, at once.</summary>
    /// <param name="output">The file that is to be written.</param>
    /// <exception cref="InvalidInputException">Another process has it, or no file can be written there.</exception>
    public static OutputLock Take(string output) => TryTake(output) ?? throw new InvalidInputException(
        $"{output}: {Holder(output)} is writing it; expected one at a time: wait for that one, or write somewhere else");

    /// <summary>Takes the lock of an output, and waits for those who have it for a short while.</summary>
    /// <param name="output">The file that is to be written.</param>
    /// <param name="patience">How long to wait at most.</param>
    /// <exception cref="InvalidInputException">Another process has it for longer, or no file can be written there.</exception>
    public static OutputLock Take(string output, TimeSpan patience)
    {
        using var pause = new ManualResetEventSlim();
        for (long end = Environment.TickCount64 + (long)patience.TotalMilliseconds; Environment.TickCount64 < end;)
        {
            if (TryTake(output) is { } taken)
            {
                return taken;
            }

            pause.Wait(TimeSpan.FromMilliseconds(5));
        }

        return Take(output);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // The name goes while the lock is still held, so that nobody takes a lock that has no name any more for one that counts.
        if (!OperatingSystem.IsWindows())
        {
            File.Delete(_path);
        }

        _file.Dispose();
    }

    private static string PathOf(string output) => output + ".lock";

    private static OutputLock? TryTake(string output)
    {
        ArgumentException.ThrowIfNullOrEmpty(output);
        string path = PathOf(output);
        string text = string.Create(
            CultureInfo.InvariantCulture, $"{Environment.ProcessId} {Environment.MachineName} {Guid.NewGuid():N}\n");
        for (int tries = 1; ; tries++)
        {
            FileStream file;
            try
            {
                file = new FileStream(path, new FileStreamOptions
                {
                    Mode = FileMode.OpenOrCreate,
                    Access = FileAccess.ReadWrite,

                    // On Unix only this is exclusive; on Windows others may read who has it.
                    Share = OperatingSystem.IsWindows() ? FileShare.Read : FileShare.None,
                    Options = OperatingSystem.IsWindows() ? FileOptions.DeleteOnClose : FileOptions.None,
                });
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                if (exception is IOException and not (DirectoryNotFoundException or PathTooLongException))
                {
                    if (File.Exists(path))
                    {
                        return null;
                    }

                    // It was held a moment ago, and is gone.
                    if (tries < MostTries)
                    {
                        continue;
                    }
                }

                throw AtomicFile.NotWritable(output, exception);
            }

            try
            {
                file.SetLength(0);
                file.Write(Encoding.UTF8.GetBytes(text));
                file.Flush();
            }
            catch (IOException exception)
            {
                file.Dispose();
                throw AtomicFile.NotWritable(output, exception);
            }

            // Who had it before may have removed the name between the opening and the locking: then this lock counts for nobody.
            if (OperatingSystem.IsWindows() || Read(path) == text)
            {
                return new OutputLock(path, file);
            }

            file.Dispose();
        }
    }

    /// <summary>Who has the lock, in words.</summary>
    private static string Holder(string output)
    {
        string[] parts = Read(PathOf(output)).Split(' ');
        return parts.Length != 3 ? "another process"
            : parts[1] == Environment.MachineName ? $"process {parts[0]}"
            : $"process {parts[0]} on {parts[1]}";
    }

    /// <summary>The text of a lock that may be held; empty where it cannot be read.</summary>
    private static string Read(string path)
    {
        try
        {
            // The library's own way of opening a file asks for a lock of its own on Unix, which it does not get here.
            using SafeFileHandle file = OperatingSystem.IsWindows()
                ? File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete)
                : new SafeFileHandle(Open(path, ReadOnly), ownsHandle: true);
            if (file.IsInvalid)
            {
                return "";
            }

            Span<byte> bytes = stackalloc byte[MostText];
            return Encoding.UTF8.GetString(bytes[..RandomAccess.Read(file, bytes, 0)]);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);
}
