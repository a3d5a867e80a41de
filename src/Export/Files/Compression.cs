namespace Interp.Export;

/// <summary>How the buffers of an Arrow file are compressed. Every reader reads all three.</summary>
public enum Compression
{
    /// <summary>Not at all: the largest file, and the only one that can be mapped into memory.</summary>
    None,

    /// <summary>Zstandard: the smallest file.</summary>
    Zstd,

    /// <summary>LZ4 frames: faster, larger.</summary>
    Lz4,
}
