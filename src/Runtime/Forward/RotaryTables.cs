using System.Numerics;

namespace Interp.Runtime.Forward;

/// <summary>Cosines and sines of a model's rotary angles, computed once for as many positions as were needed so far.</summary>
internal sealed class RotaryTables(RotaryConfig config)
{
    private const int FewestPositions = 64;

    private Tables? _kept;

    /// <summary>
    /// Tables [positions, Dim / 2] from position 0 on, for at least <paramref name="length"/> positions; where frequencies
    /// depend on the length of the sequence, those of exactly this length.
    /// </summary>
    public Tables For(int length)
    {
        if (config.DependsOnLength)
        {
            return new Tables(config, length);
        }

        Tables? kept = Volatile.Read(ref _kept);
        if (kept is null || kept.Positions < length)
        {
            kept = new Tables(config, (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(FewestPositions, length)));
            Volatile.Write(ref _kept, kept);
        }

        return kept;
    }

    /// <summary>Cosines and sines, [positions, Dim / 2].</summary>
    internal sealed class Tables
    {
        private readonly int _half;
        private readonly float[] _cos;
        private readonly float[] _sin;

        public Tables(RotaryConfig config, int positions)
        {
            Positions = positions;
            _half = config.Dim / 2;
            (_cos, _sin) = PositionTables.Rotary(config, 0, positions);
        }

        public int Positions { get; }

        public ReadOnlySpan<float> Cos(int position) => _cos.AsSpan(position * _half, _half);

        public ReadOnlySpan<float> Sin(int position) => _sin.AsSpan(position * _half, _half);
    }
}
