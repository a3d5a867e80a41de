using Interp.Hooks;
using Interp.Onnx.Format;

namespace Interp.Onnx.Export;

internal sealed partial class GraphForward
{
    private string Dense(int layer, FeedForwardWeights weights, string normed)
    {
        string name = $"blocks.{layer}.mlp";
        string pre = Fire(HookKind.Pre, layer, Map(normed, weights.In, name + ".W_gate", name + ".b_gate"));
        string post = Activate(pre);
        if (weights.Linear is { } linear)
        {
            post = _graph.Multiply(post, Fire(HookKind.PreLinear, layer, Map(normed, linear, name + ".W_in", name + ".b_in")));
            if (weights.NeuronBias.Length > 0)
            {
                post = _graph.Add(post, _graph.Weight(name + ".b_neuron", weights.NeuronBias, weights.NeuronBias.Length));
            }
        }

        return Map(Fire(HookKind.Post, layer, post), weights.Out, name + ".W_out", name + ".b_out");
    }

    /// <summary>
    /// A mixture of experts. Every expert sees every token, and a product with the router's choice, rows of one 1 and zeros
    /// elsewhere, takes what each slot needs.
    /// </summary>
    private string Mixture(int layer, MixtureWeights weights, string normed)
    {
        string name = $"blocks.{layer}.mlp";
        int slots = _config.ExpertsPerToken, experts = _config.Experts, mlp = _config.DMlp;
        string router = _graph.Node("Softmax", [Map(normed, weights.Router, name + ".W_router", name + ".b_router")], ("axis", -1L));
        router = Fire(HookKind.ExpertWeights, layer, router);
        string chosen = _graph.Second("TopK", router, _graph.Integers(slots));
        string indices = Fire(HookKind.ExpertIndices, layer, _graph.Cast(chosen, TensorProto.Types.DataType.Float));

        // [batch, S, slot, expert]
        float[] numbers = [.. Enumerable.Range(0, experts).Select(e => (float)e)];
        string choice = _graph.Cast(
            _graph.Node("Equal", [_graph.Unsqueeze(indices, 3), _graph.Floats(numbers, experts)]), TensorProto.Types.DataType.Float);
        string post = Activate(Fire(HookKind.ExpertPre, layer, Choose(e => e.In, "gate")));
        if (_config.Gated)
        {
            post = _graph.Multiply(post, Fire(HookKind.ExpertPreLinear, layer, Choose(e => e.Linear!, "in")));
        }

        if (weights.Experts[0].NeuronBias.Length > 0)
        {
            float[] biases = [.. weights.Experts.SelectMany(e => e.NeuronBias)];
            post = _graph.Add(post, _graph.Product(choice, _graph.Weight(name + ".b_neuron", biases, experts, mlp)));
        }

        post = Fire(HookKind.ExpertPost, layer, post);
        return _graph.Node("ReduceSum", [_graph.Multiply(Outputs(), Shares()), _graph.Integers(2)], ("keepdims", 0L));

        // [batch, S, slot, d_mlp]: a map of the expert in each slot.
        string Choose(Func<FeedForwardWeights, Linear> map, string letter)
        {
            string[] all = [.. weights.Experts.Select((expert, e) => _graph.Unsqueeze(
                Map(normed, map(expert), $"{name}.experts.{e}.W_{letter}", $"{name}.experts.{e}.b_{letter}"), 2))];
            return _graph.Product(choice, _graph.Node("Concat", all, ("axis", 2L)));
        }

        // [batch, S, slot, d_model]
        string Outputs() => weights.Experts
            .Select((expert, e) => _graph.Multiply(
                Map(post, expert.Out, $"{name}.experts.{e}.W_out", $"{name}.experts.{e}.b_out"),
                _graph.Gather(choice, _graph.Integers(e), 3)))
            .Aggregate(_graph.Add);

        // [batch, S, slot, 1]: the weights of the chosen experts over their sum; nothing where that is 0.
        string Shares()
        {
            string each = _graph.Product(choice, _graph.Unsqueeze(router, 3));
            string sum = _graph.Node("ReduceSum", [each, _graph.Integers(2)], ("keepdims", 1L));
            string none = _graph.Node("Equal", [sum, _graph.Scalar(0)]);
            return _graph.Where(none, _graph.Scalar(0), _graph.Divide(each, sum));
        }
    }
}
