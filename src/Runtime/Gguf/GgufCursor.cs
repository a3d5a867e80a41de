using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;
using Interp.Runtime.Weights;

namespace Interp.Runtime.Gguf;

/// <summary>
/// Walks through a mapped file. Every length is compared with what is left of the file before anything is read or allocated.
/// </summary>
/// <param name="file">The file.</param>
/// <param name="path">Its path, for messages.</param>
internal sealed class GgufCursor(MappedFile file, string path)
{
    /// <summary>A longer single text is refused, whatever the size of the file: 64 MB.</summary>
    public const int LongestText = 1 << 26;

    private string part = "the header";
    private string? name;

    /// <summary>The next byte.</summary>
    public long Position { get; set; }

    /// <summary>The bytes that are left.</summary>
    public long Remaining => file.Length - Position;

    /// <summary>Says what is being read, for messages.</summary>
    /// <param name="what">The part, such as <c>tensor</c>.</param>
    /// <param name="itsName">Its name, where it has one.</param>
    public void Enter(string what, string? itsName = null)
    {
        part = what;
        name = itsName;
    }

    /// <summary>A 32-bit number.</summary>
    public uint U32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(sizeof(uint)));

    /// <summary>A 64-bit number.</summary>
    public ulong U64() => BinaryPrimitives.ReadUInt64LittleEndian(Take(sizeof(ulong)));

    /// <summary>A count of things of which each takes some bytes at least.</summary>
    /// <param name="things">What is counted, for the message.</param>
    /// <param name="least">The fewest bytes of one of them, at least 1.</param>
    public long Count(string things, int least)
    {
        ulong count = U64();
        return count <= (ulong)(Remaining / least)
            ? (long)count
            : throw Error($"expected at most {Remaining / least} {things} in the {Remaining} bytes that are left, found {count}");
    }

    /// <summary>Bytes of the file.</summary>
    public ReadOnlySpan<byte> Take(int count)
    {
        Require(count);
        ReadOnlySpan<byte> bytes = file.Bytes(Position, count);
        Position += count;
        return bytes;
    }

    /// <summary>Passes over bytes.</summary>
    public void Skip(long count)
    {
        Require(count);
        Position += count;
    }

    /// <summary>The bytes of a text, checked to be UTF-8.</summary>
    /// <param name="longest">The longest that is allowed.</param>
    public ReadOnlySpan<byte> Utf8(int longest = LongestText)
    {
        ulong length = U64();
        if (length > (ulong)Remaining)
            throw Error($"expected a text of {length} bytes, found the end of the file after {Remaining}: the file is cut off");
        if (length > (ulong)longest)
            throw Error($"expected a text of at most {longest} bytes, found {length}");
        ReadOnlySpan<byte> text = Take((int)length);
        return System.Text.Unicode.Utf8.IsValid(text) ? text : throw Error("found a text that is not valid UTF-8");
    }

    /// <summary>A text.</summary>
    /// <param name="longest">The longest that is allowed, in bytes.</param>
    public string Text(int longest = LongestText) => Encoding.UTF8.GetString(Utf8(longest));

    /// <summary>An error that names file and part.</summary>
    public InvalidInputException Error(string text) => new(name is null
        ? $"{path}: {part}: {text}"
        : $"{path}: {part} {OneLine.Quote(name)}: {text}");

    private void Require(long count)
    {
        if (count > Remaining)
            throw Error($"expected {count} bytes at byte {Position}, found {Remaining}: the file is cut off");
    }
}
