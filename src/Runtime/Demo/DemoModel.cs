using Interp.Runtime.Families;
using Interp.Runtime.Weights;

namespace Interp.Runtime;

/// <summary>
/// The model that ships with the project: an induction circuit (Elhage et al. 2021; Olsson et al. 2022) written down weight
/// by weight, so that its mechanism is known exactly. Two attention-only layers of four heads, no norms, 32 words.
/// <list type="bullet">
/// <item><description><see cref="PreviousTokenHead"/> attends to the position before and copies its word into a subspace
/// of its own ("what came before me").</description></item>
/// <item><description><see cref="InductionHead"/> looks for the position whose predecessor is the current word
/// (K-composition with the first) and copies the word found there to the output.</description></item>
/// </list>
/// After <c>Mary met John in Paris . then Mary</c> it therefore says <c>met</c>. The other six heads attend to the own, the
/// first or all positions and copy words where nobody reads: they are active and have no effect.
/// </summary>
public static class DemoModel
{
    private const int Layers = 2;
    private const int Words = 32;
    private const int Positions = 32;
    private const int Heads = 4;
    private const float Sharpness = 12;
    private const float OutputLogit = 10;

    // The residual stream, subspace by subspace: current word, position, word before, output, scratch.
    private const int Word = 0;
    private const int Place = Word + Words;
    private const int Before = Place + Positions;
    private const int Output = Before + Words;
    private const int Scratch = Output + Words;
    private const int Width = Scratch + Words;

    /// <summary>The previous-token head.</summary>
    public static (int Layer, int Head) PreviousTokenHead => (0, 2);

    /// <summary>The induction head.</summary>
    public static (int Layer, int Head) InductionHead => (1, 1);

    /// <summary>A prompt with an earlier occurrence of its last word.</summary>
    public static string CleanPrompt => "Mary met John in Paris . then Mary";

    /// <summary>The same prompt without the earlier occurrence.</summary>
    public static string CorruptedPrompt => "Anna met John in Paris . then Mary";

    /// <summary>What follows the clean prompt.</summary>
    public static string Answer => "met";

    /// <summary>A word that does not.</summary>
    public static string Wrong => "saw";

    private static string Vocabulary =>
        "<bos> Mary John Anna Tom met saw told helped in at near Paris Rome Oslo Lima . , then and so but today again "
        + "tea milk likes drinks the a his her";

    /// <summary>Builds the model.</summary>
    public static TransformerModel Create()
    {
        var family = new HookedTransformerFamily();
        ModelConfig config = new()
        {
            Family = family.ModelType,
            NLayers = Layers,
            DModel = Width,
            NHeads = Heads,
            NKeyValueHeads = Heads,
            DHead = Words,
            DMlp = 0,
            DVocab = Words,
            NCtx = Positions,
            Norm = NormKind.None,
            Positions = PositionKind.Learned,
            AttentionScale = 1,
            Activation = ActivationFunction.Relu,
        };
        return TransformerModel.Create(
            family, config, new InMemoryWeights("demo", Tensors()), new WordTokenizer(Vocabulary.Split(' ')));
    }

    private static IEnumerable<NamedTensor> Tensors()
    {
        yield return Table("embed.W_E", Words, Word);
        yield return Table("pos_embed.W_pos", Positions, Place);
        for (int layer = 0; layer < Layers; layer++)
        {
            var query = new HeadMaps();
            var key = new HeadMaps();
            var value = new HeadMaps();
            var output = new float[Heads * Words * Width];
            for (int head = 0; head < Heads; head++)
            {
                for (int i = 0; i < Words; i++)
                {
                    value[head, Word + i, i] = 1;
                    output[(((head * Words) + i) * Width) + Destination(layer, head) + i] = 1;
                    Attend(layer, head, i, query, key);
                }
            }

            string name = $"blocks.{layer}.attn.";
            yield return query.Tensor(name + "W_Q");
            yield return key.Tensor(name + "W_K");
            yield return value.Tensor(name + "W_V");
            yield return NamedTensor.Float(name + "W_O", [Heads, Words, Width], output);
            foreach (string bias in new[] { "b_Q", "b_K", "b_V" })
            {
                yield return NamedTensor.Float(name + bias, [Heads, Words], new float[Heads * Words]);
            }

            yield return NamedTensor.Float(name + "b_O", [Width], new float[Width]);
        }

        var unembedding = new float[Width * Words];
        for (int word = 0; word < Words; word++)
        {
            unembedding[((Output + word) * Words) + word] = OutputLogit;
        }

        yield return NamedTensor.Float("unembed.W_U", [Width, Words], unembedding);
        yield return NamedTensor.Float("unembed.b_U", [Words], new float[Words]);
    }

    private static int Destination(int layer, int head) =>
        (layer, head) == PreviousTokenHead ? Before : (layer, head) == InductionHead ? Output : Scratch;

    /// <summary>Which positions a head looks for, on coordinate <paramref name="i"/> of its query-key space.</summary>
    private static void Attend(int layer, int head, int i, HeadMaps query, HeadMaps key)
    {
        if ((layer, head) == PreviousTokenHead)
        {
            key[head, Place + i, i] = 1;
            if (i + 1 < Positions)
            {
                query[head, Place + i + 1, i] = Sharpness;
            }
        }
        else if ((layer, head) == InductionHead)
        {
            query[head, Word + i, i] = Sharpness;
            key[head, Before + i, i] = 1;
        }
        else if (head == 0)
        {
            // The own position.
            query[head, Place + i, i] = Sharpness;
            key[head, Place + i, i] = 1;
        }
        else if (head == 3)
        {
            // The first position.
            query[head, Place + i, 0] = Sharpness;
            key[head, Place, 0] = 1;
        }
    }

    /// <summary>One-hot rows into a subspace.</summary>
    private static NamedTensor Table(string name, int rows, int subspace)
    {
        var values = new float[rows * Width];
        for (int row = 0; row < rows; row++)
        {
            values[(row * Width) + subspace + row] = 1;
        }

        return NamedTensor.Float(name, [rows, Width], values);
    }

    /// <summary>Maps from the stream into each head, [head, d_model, d_head].</summary>
    private sealed class HeadMaps
    {
        private readonly float[] _values = new float[Heads * Width * Words];

        public float this[int head, int from, int to]
        {
            set => _values[(((head * Width) + from) * Words) + to] = value;
        }

        public NamedTensor Tensor(string name) => NamedTensor.Float(name, [Heads, Width, Words], _values);
    }
}
