namespace Interp.Tokenizers.Tests;

/// <summary>Seeded choices. The same seed gives the same choices on every machine.</summary>
internal sealed class Draw(int seed)
{
    private readonly Random random = new(seed);

    /// <summary>Whether something of this probability happens.</summary>
    public bool Chance(double probability) => random.NextDouble() < probability;

    /// <summary>A number in 0..count-1.</summary>
    public int Below(int count) => random.Next(count);

    /// <summary>A number in low..high, both included.</summary>
    public int Between(int low, int high) => random.Next(low, high + 1);

    public T One<T>(params IReadOnlyList<T> choices) => choices[random.Next(choices.Count)];

    /// <summary>One of the choices, each as often as its weight says.</summary>
    public T Weighted<T>(params (int Weight, T Choice)[] choices)
    {
        int at = random.Next(choices.Sum(c => c.Weight));
        foreach ((int weight, T choice) in choices)
        {
            if (at < weight)
            {
                return choice;
            }

            at -= weight;
        }

        throw new InvalidOperationException("There is nothing to choose from.");
    }

    /// <summary>The items in another order.</summary>
    public T[] Shuffled<T>(IEnumerable<T> items)
    {
        T[] result = [.. items];
        random.Shuffle(result);
        return result;
    }

    /// <summary>Any Unicode scalar value, small planes more often.</summary>
    public string Scalar()
    {
        int code = Below(4) switch
        {
            0 => Between(0x20, 0x2FF),
            1 => Between(0x300, 0x33FF),
            2 => Between(0x3400, 0xFFFF),
            _ => Between(0x10000, Chance(0.8) ? 0x323AF : 0x10FFFF),
        };
        return char.ConvertFromUtf32(code is >= 0xD800 and <= 0xDFFF ? 0xFFFD : code);
    }
}
