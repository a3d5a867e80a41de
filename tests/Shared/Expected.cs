using Interp.Runtime.Weights;

namespace Interp.Tests;

/// <summary>Reference tensors of one file, with indices instead of spans.</summary>
internal sealed class Expected : IDisposable
{
    private readonly SafetensorsFile _file;

    private Expected(SafetensorsFile file) => _file = file;

    public static Expected Open(params string[] path) => new(SafetensorsFile.Open(Fixtures.Require(Path.Combine(path))));

    public bool Has(string name) => _file.Tensors.ContainsKey(name);

    public IEnumerable<string> Names => _file.Entries.Select(e => e.Name);

    public int[] Shape(string name) => [.. _file.Tensors[name].Shape];

    public float[] Floats(string name)
    {
        var values = new float[_file.Tensors[name].Count];
        _file.ReadFloats(name, values);
        return values;
    }

    /// <summary>The sub-tensor at leading indices.</summary>
    public float[] Floats(string name, params int[] index)
    {
        int[] shape = Shape(name);
        int inner = shape[index.Length..].Aggregate(1, (a, b) => a * b);
        int offset = 0;
        for (int i = 0; i < index.Length; i++)
        {
            offset = (offset * shape[i]) + index[i];
        }

        return Floats(name)[(offset * inner)..((offset + 1) * inner)];
    }

    /// <summary>Rows of a matrix of integers.</summary>
    public int[][] Rows(string name)
    {
        long[] values = _file.ReadIntegers(name);
        int width = Shape(name)[^1];
        return [.. values.Select(v => (int)v).Chunk(width)];
    }

    public void Dispose() => _file.Dispose();
}

/// <summary>Comparison with a tolerance.</summary>
internal static class Close
{
    /// <summary>|actual - expected| at most absolute + relative |expected|, everywhere; -inf only equals itself.</summary>
    public static void Assert(
        ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, double absolute, double relative, string what)
    {
        Xunit.Assert.True(expected.Length == actual.Length, $"{what}: expected {expected.Length} values, found {actual.Length}");
        double worst = 0;
        int at = -1;
        for (int i = 0; i < expected.Length; i++)
        {
            if (expected[i].Equals(actual[i]))
            {
                continue;
            }

            double excess = Math.Abs((double)actual[i] - expected[i]) / (absolute + (relative * Math.Abs(expected[i])));
            if (!(excess <= worst))
            {
                worst = excess;
                at = i;
            }
        }

        Xunit.Assert.True(
            worst <= 1,
            at < 0 ? what : $"{what}[{at}]: expected {expected[at]:G9}, found {actual[at]:G9}, {worst:F2} times the tolerance");
    }
}
