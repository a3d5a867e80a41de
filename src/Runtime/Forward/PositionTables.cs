namespace Interp.Runtime.Forward;

/// <summary>Cosines and sines of one sequence's rotary angles, and the slopes of ALiBi.</summary>
internal static class PositionTables
{
    /// <summary>
    /// Rotary tables [positions, Dim / 2] for absolute positions <paramref name="first"/> onward. The angle is a float32
    /// product, as the reference implementations compute it; its cosine and sine are correctly rounded.
    /// </summary>
    public static (float[] Cos, float[] Sin) Rotary(RotaryConfig config, int first, int positions)
    {
        float[] frequencies = config.InverseFrequencies(first + positions);
        float factor = config.AttentionFactor;
        int half = frequencies.Length;
        var cos = new float[positions * half];
        var sin = new float[positions * half];
        for (int p = 0; p < positions; p++)
        {
            for (int i = 0; i < half; i++)
            {
                double angle = (first + p) * frequencies[i];
                cos[(p * half) + i] = (float)Math.Cos(angle) * factor;
                sin[(p * half) + i] = (float)Math.Sin(angle) * factor;
            }
        }

        return (cos, sin);
    }

    /// <summary>
    /// ALiBi as Falcon has it (transformers, modeling_falcon): slope times key position, [heads, keys], with slope, position
    /// and product rounded to bfloat16, times <paramref name="scale"/>. The rounding grows with the position, so it is part
    /// of the model.
    /// </summary>
    public static float[] RoundedAlibi(int heads, int keys, float scale)
    {
        var biases = new float[heads * keys];
        float[] slopes = AlibiSlopes(heads);
        for (int i = 0; i < biases.Length; i++)
        {
            biases[i] = Bfloat16(Bfloat16(slopes[i / keys]) * Bfloat16(i % keys)) * scale;
        }

        return biases;
    }

    /// <summary>A non-negative finite number rounded to bfloat16, ties to even.</summary>
    public static float Bfloat16(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        return BitConverter.UInt32BitsToSingle((bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000);
    }

    /// <summary>
    /// Slopes of ALiBi (Press et al. 2022, section 3): 2^(-8 h / n) for h = 1..n heads when n is a power of two; otherwise
    /// those of the next lower power, then every other one of the next higher.
    /// </summary>
    public static float[] AlibiSlopes(int heads)
    {
        int power = 1 << (31 - int.LeadingZeroCount(heads));
        return
        [
            .. Enumerable.Range(1, power).Select(h => Slope(h, power)),
            .. Enumerable.Range(0, heads - power).Select(i => Slope((2 * i) + 1, 2 * power)),
        ];

        static float Slope(int head, int count) => (float)Math.Pow(2, -8.0 * head / count);
    }
}
