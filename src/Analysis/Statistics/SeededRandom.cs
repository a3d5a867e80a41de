namespace Interp.Analysis;

/// <summary>
/// A seeded stream of random numbers whose numbers are fixed by this text and by no library: SplitMix64 (Steele, Lea and
/// Flood 2014).
/// </summary>
public sealed class SeededRandom
{
    private ulong _state;

    /// <summary>Starts a stream.</summary>
    /// <param name="seed">The seed.</param>
    /// <param name="stream">Which of the streams of that seed.</param>
    public SeededRandom(int seed, int stream = 0)
    {
        _state = ((ulong)(uint)seed << 32) | (uint)stream;
        Bits();
    }

    /// <summary>A whole number in [0, count).</summary>
    /// <param name="count">Above 0.</param>
    public int Next(int count) => (int)(((UInt128)Bits() * (ulong)count) >> 64);

    /// <summary>A number in [0, 1).</summary>
    public double NextDouble() => (Bits() >> 11) * (1.0 / (1UL << 53));

    /// <summary>A number of the normal distribution with mean 0 and deviation 1 (Box and Muller 1958).</summary>
    public double NextNormal() =>
        Math.Sqrt(-2 * Math.Log(1 - NextDouble())) * Math.Cos(2 * Math.PI * NextDouble());

    /// <summary>64 random bits.</summary>
    public ulong Bits()
    {
        ulong z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
