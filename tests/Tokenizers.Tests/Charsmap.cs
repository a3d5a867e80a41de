using System.Text;

namespace Interp.Tokenizers.Tests;

/// <summary>
/// Writes the character maps of SentencePiece: a double array of the keys (the format of darts-clone) and the texts that they become,
/// each ended by a zero byte.
/// </summary>
internal static class Charsmap
{
    private static readonly (string From, string To)[] Entries =
    [
        ("\t", " "), ("\n", " "), ("\r", " "), ("\u00A0", " "), ("\u3000", " "), ("\u200B", ""), ("\u00AD", ""), ("\u0001", ""), ("\u007F", ""), ("ﬁ", "fi"), ("ﬂ", "fl"), ("ﬀ", "ff"),
        ("…", "..."), ("½", "1⁄2"), ("²", "2"), ("①", "1"), ("™", "TM"), ("Ａ", "A"), ("ｂ", "b"), ("３", "3"), ("㍿", "株式会社"), ("ｶﾞ", "ガ"), ("ｶ", "カ"), ("e\u0301", "é"), ("A\u030A", "Å"),
        ("か\u3099", "が"), ("\u212B", "Å"), ("Ω", "Ω"), ("İ", "i\u0307"), ("É", "é"), ("A", "a"), ("T", "t"), ("H", "h"), ("ß", "ss"), ("ﷺ", "صلى"), ("\U0001D400", "A"), ("👍🏽", "👍"), ("가", "가"),
        ("\u1100\u1161", "가"), ("\r\n", " "), ("th", "þ"), ("q", ""), ("\u0301", ""),
    ];

    /// <summary>A map of some of the entries, in base 64.</summary>
    public static string Next(Draw draw)
    {
        double share = draw.One(0.3, 0.7, 1.0);
        return Convert.ToBase64String(Write([.. Entries.Where(_ => draw.Chance(share)).DefaultIfEmpty(Entries[0])]));
    }

    private static byte[] Write((string From, string To)[] entries)
    {
        using MemoryStream texts = new();
        SortedDictionary<string, (byte[] Key, int Value)> keys = new(StringComparer.Ordinal);
        foreach ((string from, string to) in entries)
        {
            byte[] key = Encoding.UTF8.GetBytes(from);
            keys[Convert.ToHexString(key)] = (key, (int)texts.Length);
            texts.Write(Encoding.UTF8.GetBytes(to));
            texts.WriteByte(0);
        }

        uint[] units = new DoubleArray([.. keys.Values]).Units;
        using MemoryStream map = new();
        using BinaryWriter writer = new(map);
        writer.Write(units.Length * sizeof(uint));
        foreach (uint unit in units)
        {
            writer.Write(unit);
        }

        writer.Write(texts.ToArray());
        return map.ToArray();
    }

    /// <summary>
    /// A unit's child by a byte is at <c>position ^ offset ^ byte</c> and bears that byte as its label; a key that ends has a child by 0
    /// with the value, and says so.
    /// </summary>
    private sealed class DoubleArray
    {
        private readonly List<uint> units = [];
        private readonly List<bool> taken = [];
        private readonly HashSet<int> bases = [];

        public DoubleArray((byte[] Key, int Value)[] keys)
        {
            Grow(256);
            taken[0] = true;
            Place(0, keys, 0);
        }

        public uint[] Units => [.. units];

        private void Place(int position, (byte[] Key, int Value)[] keys, int depth)
        {
            var children = keys.GroupBy(k => k.Key.Length == depth ? (byte)0 : k.Key[depth]).OrderBy(g => g.Key).ToArray();
            int start = 1;
            while (bases.Contains(start) || children.Any(c => Taken(start ^ c.Key)))
            {
                start++;
            }

            // No two units share their children's place: a label alone would not tell them apart.
            bases.Add(start);
            foreach (var child in children)
            {
                Grow((start ^ child.Key) + 1);
                taken[start ^ child.Key] = true;
            }

            units[position] |= (uint)(position ^ start) << 10;
            foreach (var child in children)
            {
                int at = start ^ child.Key;
                if (child.Key == 0)
                {
                    units[position] |= 1u << 8;
                    units[at] = (uint)child.First().Value | (1u << 31);
                }
                else
                {
                    units[at] = child.Key;
                    Place(at, [.. child], depth + 1);
                }
            }
        }

        private bool Taken(int position) => position < taken.Count && taken[position];

        private void Grow(int count)
        {
            // Whole blocks of 256, so that no label leads outside.
            while (units.Count < count)
            {
                units.AddRange(new uint[256]);
                taken.AddRange(new bool[256]);
            }
        }
    }
}
