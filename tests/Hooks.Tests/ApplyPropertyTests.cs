using CsCheck;

namespace Interp.Hooks.Tests;

public sealed class ApplyPropertyTests
{
    /// <summary>Exact: both sides write the same numbers; a sum is one rounded product and one addition.</summary>
    [Fact]
    public void Applying_a_plan_equals_its_definition_element_by_element() =>
        Gen.Int.Sample(
            seed =>
            {
                RandomInterventions random = new(seed);
                HookMap map = new(RandomInterventions.Outlines[random.Random.Next(RandomInterventions.Outlines.Length)]);
                int newTokens = map.Outline.Causal ? random.Random.Next(3) : 0;
                int[] lengths = [.. Enumerable.Range(0, 1 + random.Random.Next(3)).Select(_ => 1 + random.Random.Next(5))];
                Intervention[] interventions = [.. Enumerable.Range(0, 3).Select(_ => random.Next(map, lengths, newTokens))];
                InterventionPlan plan = InterventionPlan.Create(map, lengths, interventions, newTokens);
                foreach (HookPoint point in interventions.Select(i => i.Point).Distinct())
                {
                    for (int sequence = 0; sequence < lengths.Length; sequence++)
                    {
                        Compare(plan, interventions, map, lengths, new View(point, sequence, 0, lengths[sequence]), random);
                        for (int added = 0; added < newTokens; added++)
                        {
                            View cached = new(point, sequence, lengths[sequence] + added, 1);
                            Compare(plan, interventions, map, lengths, cached, random);
                        }
                    }
                }
            },
            iter: 3000);

    private static void Compare(
        InterventionPlan plan, Intervention[] interventions, HookMap map, int[] lengths, View view, RandomInterventions random)
    {
        int sources = view.First + view.Positions;
        int heads = Math.Max(1, map.Heads(view.Point));
        float[] data = random.Tensor(map.Shape(view.Point, view.Positions, sources)).Values;
        float[] expected = [.. data];
        int width = data.Length / (heads * view.Positions);
        for (int i = 0; i < data.Length; i++)
        {
            int row = i / width;
            bool headFirst = view.Point.Kind is HookKind.AttnScores or HookKind.Pattern;
            int head = headFirst ? row / view.Positions : row % heads;
            int position = view.First + (headFirst ? row % view.Positions : row / heads);
            foreach (Intervention intervention in interventions.Where(x => x.Point == view.Point))
            {
                expected[i] = Cells.After(
                    intervention, map, lengths, new Cell(view.Sequence, position, head, i % width), expected[i]);
            }
        }

        Assert.True(plan.Targets(view.Point));
        plan.Apply(new Activation(view.Point, view.Sequence, view.First, view.Positions, heads, data));
        Assert.Equal(expected, data);
    }

    private sealed record View(HookPoint Point, int Sequence, int First, int Positions);
}
